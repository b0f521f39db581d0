// What a class says to one of its members beside a lesson: messages, commands to type, help.
import { fill, make } from "../words.js";
import { post, Told } from "./socket.js";

const WATCHED_FOR = 12000; // milliseconds; it is said again while it holds
const bar = document.querySelector("[data-class-bar]");
const words = bar.dataset;
const tools = bar.querySelector("[data-class-tools]");
const said = bar.querySelector("[data-class-said]");
const watched = bar.querySelector("[data-class-watched]");
const KEY = "playground.class.dismissed";
const dismissed = new Set(JSON.parse(localStorage.getItem(KEY) ?? "[]"));
const shown = new Set();
const onHost = Boolean(window.playground?.terminals);
let classes = [];

function button(text, act, className = "") {
  const made = make("button", className, text);
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}

function drawTools() {
  // In a lesson: the classes that do it; a student in several asks in the one that it is for.
  const fitting = classes.filter(({ lessons }) => !words.shown || lessons.includes(words.shown));
  const parts = (fitting.length ? fitting : classes).map((one) => {
    const row = make("span", "class-tool");
    row.append(make("b", "", one.name));
    const ask = async (wanted) => {
      const answer = await post(one.help_address, new URLSearchParams({ wanted: wanted ? "1" : "0" }));
      if (answer.failed) return row.append(make("span", "errorlist", words.failed));
      one.help = wanted;
      drawTools();
      tools.querySelector(`[data-help-of="${one.id}"]`)?.focus();
    };
    if (one.help) row.append(make("span", "asked", words.asked));
    const press = one.help ? button(words.withdraw, () => ask(false)) : button(words.ask, () => ask(true), "primary");
    press.dataset.helpOf = one.id;
    row.append(press);
    if (one.projector) {
      const link = make("a", "button", words.projector);
      link.href = one.projector;
      link.target = "_blank";
      row.append(link);
    }
    return row;
  });
  tools.replaceChildren(...parts);
  bar.hidden = !classes.length;
}

function typeIt(text) {
  window.playground.terminals.active.type(text); // without Enter: it is the student who runs it
  document.querySelector('[data-tab="terminal-pane"]')?.click();
  window.playground.terminals.active.focus();
}

function show(message) {
  if (shown.has(message.id) || dismissed.has(message.id)) return;
  shown.add(message.id);
  const item = make("li", `kind-${message.kind}`);
  item.append(make("b", "", message.from || message.course), " ");
  if (message.kind === "command") {
    item.append(make("code", "", message.text), " ");
    if (onHost) item.append(button(words.typeIt, () => typeIt(message.text), "primary"));
  } else item.append(make("span", "", message.kind === "file" ? fill(words.file, { name: message.text }) : message.text));
  item.append(" ", button(words.dismiss, () => {
    dismissed.add(message.id);
    localStorage.setItem(KEY, JSON.stringify([...dismissed].slice(-200)));
    item.remove();
  }));
  said.append(item);
}

async function look() {
  try {
    const answer = await fetch(words.now, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const now = await answer.json();
    classes = now.classes;
    if (onHost) now.messages.forEach(show);
    drawTools();
  } catch {
    // The socket comes back, and this with it.
  }
}

let fading = 0;
const link = new Told("/ws/classes/");
link.addEventListener("open", look);
link.addEventListener("said", ({ detail }) => {
  if (detail.message) show(detail.message);
  if (detail.removed || detail.projector !== undefined) look();
  if (detail.help !== undefined) {
    for (const one of classes) if (one.id === detail.course) one.help = detail.help;
    drawTools();
  }
  if (detail.watched) {
    watched.textContent = fill(words.watched, { name: detail.watched });
    watched.hidden = false;
    clearTimeout(fading);
    fading = setTimeout(() => (watched.hidden = true), WATCHED_FOR);
  }
});
