// A lesson's page: its steps with their tasks, beside a host.
import { startHost } from "./host.js";
import { LessonLink } from "./lesson/link.js";
import { Rebuild } from "./lesson/rebuild.js";
import { Tasks } from "./lesson/tasks.js";
import { copyText } from "./terminal/clipboard.js";

const workbench = document.querySelector(".workbench");
const prose = document.querySelector(".prose");
const { terminals, engine, show, fresh } = startHost(workbench);
const link = new LessonLink(workbench.dataset.lesson, workbench.dataset.language);
new Tasks(prose, link, workbench.dataset);
new Rebuild(prose.querySelector("[data-rebuild]"), link);
fresh.addEventListener("fresh", () => link.reconnect());

// Steps: one at a time, the one in the address's fragment first, else where one stopped.
const steps = [...document.querySelectorAll("[data-step]")];
const marks = [...document.querySelectorAll("[data-step-mark]")];
const back = document.querySelector("[data-back]");
const next = document.querySelector("[data-next]");
const following = document.querySelector("[data-following]");
const count = document.querySelector("[data-count]");
let current = 0;

function go(index, { remember = true } = {}) {
  current = Math.min(Math.max(index, 0), steps.length - 1);
  steps.forEach((step, i) => (step.hidden = i !== current));
  marks.forEach((mark, i) => (i === current ? mark.setAttribute("aria-current", "step") : mark.removeAttribute("aria-current")));
  back.disabled = current === 0;
  const last = current === steps.length - 1;
  next.hidden = last;
  following.hidden = !last;
  count.textContent = count.dataset.pattern.replace("[n]", current + 1).replace("[total]", steps.length);
  if (remember) history.replaceState(null, "", `#${steps[current].dataset.step}`);
  prose.scrollTop = 0;
  if (remember) prose.focus();
  link.watch(steps[current].dataset.step);
  // A step with nothing to do, at the end of a lesson, is done by being reached.
  if (last) read();
}

function read() {
  const step = steps[current];
  if (!Number(step.dataset.tasks)) link.send({ read: step.dataset.step });
}

back.addEventListener("click", () => go(current - 1));
next.addEventListener("click", () => {
  read();
  go(current + 1);
});
const named = (name) => steps.findIndex((step) => step.dataset.step === name);
const fromAddress = () => named(decodeURIComponent(location.hash.slice(1)));
window.addEventListener("hashchange", () => go(fromAddress(), { remember: false }));
go(location.hash ? fromAddress() : named(workbench.dataset.resume), { remember: false });
link.addEventListener("said", () => current === steps.length - 1 && read(), { once: true });

const KEYS = { Enter: "\r", Esc: "\x1b", Tab: "\t", Up: "\x1b[A", Down: "\x1b[B" };

function press(names) {
  for (const name of names.split(/\s+/)) {
    const control = name.match(/^Ctrl-([A-Z])$/);
    terminals.active.type(control ? String.fromCharCode(control[1].charCodeAt(0) - 64) : KEYS[name]);
  }
}

// Commands: typed into the terminal, or copied.
prose.addEventListener("click", async (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const text = button.closest("[data-command]")?.querySelector("code").textContent.trimEnd();
  if (button.matches("[data-run]")) {
    show("terminal-pane");
    terminals.active.type(`${text.replace(/\n/g, "\r")}\r`);
    terminals.active.focus();
  } else if (button.matches("[data-keys]")) {
    show("terminal-pane");
    press(button.dataset.keys);
    terminals.active.focus();
  } else if (button.matches("[data-copy]")) {
    await copyText(text);
    const label = button.textContent;
    button.textContent = "✓";
    setTimeout(() => (button.textContent = label), 1200);
  } else if (button.matches("[data-show-layers]")) {
    show("engine-pane");
    engine.showLayers(button.dataset.showLayers);
  }
});
