// The page of recordings: those kept in this browser, and any file, played in the page.
import { clock, saveCast } from "./terminal/recorder.js";
import { all, remove } from "./terminal/recordings.js";

const list = document.querySelector("[data-recordings]");
const stage = document.querySelector("[data-player]");
const field = document.querySelector("[data-cast-field]");
const words = list.dataset;
let player = null;

function play(title, cast) {
  player?.dispose();
  stage.hidden = false;
  stage.querySelector("h2").textContent = title;
  const frame = stage.querySelector("[data-frame]");
  frame.replaceChildren();
  // The player is a script of the old kind: it has no exports but a name of its own.
  player = window.AsciinemaPlayer.create({ data: cast }, frame, { fit: "width", idleTimeLimit: 3, preload: true, terminalLineHeight: 1.3 });
  player.play();
  stage.scrollIntoView({ block: "nearest" });
  window.player = player; // for tests and for the console
}

function button(label, action) {
  const made = Object.assign(document.createElement("button"), { type: "button", textContent: label });
  made.addEventListener("click", action);
  return made;
}

function row(recording) {
  const { id, title, created, seconds, cast } = recording;
  const item = Object.assign(document.createElement("li"), { className: "card recording" });
  const name = Object.assign(document.createElement("h2"), { textContent: title });
  const when = new Date(created).toLocaleString(document.documentElement.lang);
  const facts = Object.assign(document.createElement("p"), { className: "facts", textContent: `${when} · ${clock(seconds)}` });
  const choices = Object.assign(document.createElement("p"), { className: "choices" });
  choices.append(
    button(words.play, () => play(title, cast)),
    button(words.save, () => saveCast(recording)),
    button(words.remove, async () => {
      await remove(id);
      draw();
    }),
  );
  item.append(name, facts, choices);
  return item;
}

async function draw() {
  let kept = [];
  try {
    kept = await all();
  } catch {
    // A browser without storage has none.
  }
  const none = Object.assign(document.createElement("li"), { textContent: words.none });
  list.replaceChildren(...(kept.length ? kept.reverse().map(row) : [none]));
}

field.addEventListener("change", async () => {
  const [file] = field.files;
  if (file) play(file.name, await file.text());
});
draw();
