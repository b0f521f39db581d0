// Another's terminal and picture, to look at: an instructor at a member's, a class at its instructor's.
import { EngineModel } from "../engine/model.js";
import { Picture } from "../engine/picture.js";
import { Tables } from "../engine/table.js";
import { Settings } from "../terminal/settings.js";
import { TerminalView } from "../terminal/view.js";
import { make, wordsOf } from "../words.js";

const screen = document.querySelector("[data-screen]");
const stage = screen.querySelector("[data-watch]");
const status = document.querySelector("[data-status]");
const choices = screen.querySelector("[data-terminals]");
const slots = stage.querySelector(".slots");
const slotHtml = slots.firstElementChild.cloneNode(true);
let view = null;

function choose(name) {
  view?.dispose();
  slots.replaceChildren(slotHtml.cloneNode(true));
  const nothing = () => {};
  view = new TerminalView(slots.firstElementChild, {
    name: "watched",
    title: stage.dataset.title,
    settings: new Settings(),
    words: stage.dataset,
    guest: true,
    socket: { path: stage.dataset.socket, query: name ? { terminal: name } : {} },
    events: {
      status: ({ statusText }) => (status.textContent = statusText ?? ""),
      welcome: (_, { terminal, terminals = [] }) => drawChoices(terminal, terminals),
      removed: nothing,
      rang: nothing,
      commanded: nothing,
      askBusy: nothing,
    },
  });
  window.playground = { terminal: view };
}

function drawChoices(now, terminals) {
  choices.hidden = terminals.length < 2;
  choices.replaceChildren(...terminals.map((name) => {
    const made = make("button", "", name);
    made.type = "button";
    made.setAttribute("aria-pressed", name === now);
    made.addEventListener("click", () => choose(name));
    return made;
  }));
}

const pane = screen.querySelector("[data-engine]");
const words = wordsOf(pane.querySelector("[data-words]"));
const model = new EngineModel(pane.dataset.engine);
const catalogue = new Set(pane.dataset.catalogue.split(" "));
const nothing = () => {};
const picture = new Picture(pane.querySelector("[data-picture]"), model, { catalogue, words, onOpen: nothing });
const tables = new Tables(pane.querySelector("[data-tables]"), words, nothing);
const draw = () => {
  picture.show(model.state);
  tables.show(model.state);
};
model.addEventListener("change", draw);
pane.querySelector("[data-all-images]").addEventListener("change", ({ target }) => {
  picture.all = target.checked;
  picture.draw();
});
pane.addEventListener("click", ({ target }) => {
  const wanted = target.dataset.viewSwitch;
  if (!wanted) return;
  for (const each of pane.querySelectorAll("[data-view]")) each.hidden = each.dataset.view !== wanted;
  for (const each of pane.querySelectorAll("[data-view-switch]")) each.setAttribute("aria-pressed", each.dataset.viewSwitch === wanted);
  draw();
});
choose("");
