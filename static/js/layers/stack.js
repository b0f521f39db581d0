// An image's layers, the base at the bottom, and the read/write layers of its containers on top.
import { colour, shortName } from "../engine/names.js";
import { sizeText } from "../size.js";
import { count, make } from "../words.js";
import { ageText, instructionText } from "./text.js";

const MOST_NAMES = 3;

export class Stack {
  constructor(list, words, onChoose) {
    this.list = list;
    this.words = words;
    this.onChoose = onChoose;
    this.drawn = "";
    list.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) onChoose(button.dataset.key);
    });
    list.addEventListener("keydown", (event) => this.#pressed(event));
  }

  // `changes` has what containers have in their own layers, by their id.
  draw(image, containers, chosen, changes) {
    const rows = [
      ...containers.map((container) => this.#container(container, changes.get(container.id))),
      ...this.#steps(image).reverse(),
    ];
    const says = JSON.stringify(rows.map((row) => row.textContent));
    if (says !== this.drawn) {
      this.drawn = says;
      const held = this.list.contains(document.activeElement) ? document.activeElement.dataset.key : null;
      this.list.replaceChildren(...rows);
      if (held !== null) this.list.querySelector(`[data-key="${CSS.escape(held)}"]`)?.focus();
    }
    for (const button of this.list.querySelectorAll("button")) {
      const isChosen = button.dataset.key === chosen;
      button.setAttribute("aria-pressed", isChosen);
      button.tabIndex = isChosen ? 0 : -1;
    }
  }

  message(text) {
    this.drawn = "";
    this.list.replaceChildren(make("li", "none", text));
  }

  // Layers from the base up, and where they stand the instructions that made none.
  #steps(image) {
    const settings = (height) => image.settings.filter((each) => each.height === height).map((each) => this.#setting(each));
    return [...settings(0), ...image.layers.flatMap((layer, number) => [this.#layer(layer, number), ...settings(number + 1)])];
  }

  // There is nothing in it to open.
  #setting({ created_by: by, created }) {
    const row = make("li", "setting");
    row.append(make("code", "by", instructionText(by, this.words)), make("span", "about", [this.words.noLayer, ageText(created)].filter(Boolean).join(" · ")));
    return row;
  }

  #layer(layer, number) {
    const by = instructionText(layer.created_by, this.words);
    const facts = [layer.digest.slice(7, 19), ageText(layer.created), this.#shared(layer.shared)];
    const row = this.#row(`l${number}`, by, layer.size < 0 ? "" : sizeText(layer.size), facts);
    row.style.setProperty("--layer", colour(layer.digest));
    row.querySelector("button").title = layer.created_by;
    return row;
  }

  #container(container, found) {
    const changed = found ? count(this.words, "changes", found.total) : "";
    const row = this.#row(`c${container.id}`, container.name, found ? sizeText(found.size) : "", [this.words.readWrite, container.state, changed]);
    row.classList.add("writable");
    return row;
  }

  #row(key, name, size, facts) {
    const row = make("li");
    const button = Object.assign(make("button"), { type: "button" });
    button.dataset.key = key;
    button.append(make("code", "by", name), make("span", "size", size), make("span", "about", facts.filter(Boolean).join(" · ")));
    row.append(button);
    return row;
  }

  #shared(names) {
    if (!names.length) return "";
    const shown = names.slice(0, MOST_NAMES).map(shortName).map((name) => name.replace(/^sha256:(.{12}).*/, "$1"));
    const rest = names.length > MOST_NAMES ? ` +${names.length - MOST_NAMES}` : "";
    return `${this.words.shared} ${shown.join(", ")}${rest}`;
  }

  #pressed(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const buttons = [...this.list.querySelectorAll("button")];
    const at = buttons.indexOf(event.target.closest("button"));
    const next = { Home: buttons[0], End: buttons.at(-1) }[event.key] ?? (step && buttons[at + step]);
    if (!next) return;
    event.preventDefault();
    next.focus();
    this.onChoose(next.dataset.key);
  }
}
