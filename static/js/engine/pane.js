// The pane below the terminal: the picture of the engine, the same as tables, an image's layers.
import { Explorer } from "../layers/explorer.js";
import { wordsOf } from "../words.js";
import { details } from "./details.js";
import { EngineModel } from "./model.js";
import { Picture } from "./picture.js";
import { Tables } from "./table.js";
import { Timeline } from "./timeline.js";

export class EnginePane {
  constructor(root, { onType = () => {} } = {}) {
    this.root = root;
    this.words = wordsOf(root.querySelector("[data-words]"));
    this.model = new EngineModel();
    this.layers = new Explorer(root.querySelector("[data-layers]"), { source: "host", onType: (command) => this.onType(command) });
    this.layers.follow(this.model);
    this.views = [...root.querySelectorAll("[data-view]")];
    this.switches = [...root.querySelectorAll("[data-view-switch]")];
    this.facts = root.querySelector("[data-facts]");
    this.error = root.querySelector("[data-engine-error]");
    this.opened = "";
    this.onType = onType;
    const catalogue = new Set(root.dataset.catalogue.split(" "));
    const open = (key) => this.open(key);
    this.picture = new Picture(root.querySelector("[data-picture]"), this.model, { catalogue, words: this.words, onOpen: open });
    this.tables = new Tables(root.querySelector("[data-tables]"), this.words, open);
    this.timeline = new Timeline(root.querySelector("[data-timeline]"), this.model, this.words, (state) => this.#show(state));
    this.model.addEventListener("change", () => this.#tellError());
    for (const button of this.switches) button.addEventListener("click", () => this.view(button.dataset.viewSwitch));
    const all = root.querySelector("[data-all-images]");
    all.addEventListener("change", () => {
      this.picture.all = all.checked;
      this.picture.draw();
    });
    this.facts.addEventListener("click", (event) => this.#pressed(event));
    // A port's box: once for its facts, twice for its page; with keys it is Enter twice.
    root.addEventListener("dblclick", (event) => event.target.closest(".box-port") && this.#openPort());
    this.facts.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
    this.view(localStorage.getItem("playground.view") ?? "picture", false);
  }

  get shown() {
    return this.views.find((view) => !view.hidden)?.dataset.view;
  }

  view(name, remember = true) {
    const known = this.views.some((view) => view.dataset.view === name) ? name : "picture";
    for (const view of this.views) view.hidden = view.dataset.view !== known;
    for (const button of this.switches) button.setAttribute("aria-pressed", button.dataset.viewSwitch === known);
    if (remember) localStorage.setItem("playground.view", known);
    this.layers.visible = known === "layers";
    this.#show(this.state ?? this.model.state);
  }

  showLayers(image) {
    this.view("layers");
    this.layers.show(image);
  }

  open(key) {
    this.opened = key;
    this.picture.select(key);
    if (!this.#drawFacts()) return;
    // From a port's box the next Enter opens it.
    const port = this.facts.querySelector("[data-facts-port]");
    (port.hidden ? this.facts.querySelector("[data-close]") : port).focus({ preventScroll: true });
  }

  close() {
    const key = this.opened;
    this.opened = "";
    this.facts.hidden = true;
    this.picture.select("");
    this.root.querySelector(`[data-view]:not([hidden]) [data-key="${CSS.escape(key)}"]`)?.focus();
  }

  #show(state) {
    this.state = state;
    this.picture.show(state);
    this.tables.show(state);
    if (this.opened) this.#drawFacts();
    this.root.classList.toggle("of-the-past", !this.timeline?.isLive && this.timeline !== undefined);
  }

  #tellError() {
    this.error.hidden = !this.model.error;
  }

  #drawFacts() {
    const found = details(this.opened, this.state, this.words);
    this.facts.hidden = !found;
    if (!found) return false;
    this.facts.querySelector("[data-facts-title]").textContent = found.title;
    const list = this.facts.querySelector("dl");
    list.replaceChildren();
    for (const [name, value] of found.rows) {
      if (!value) continue;
      const term = document.createElement("dt");
      const text = document.createElement("dd");
      term.textContent = name;
      text.textContent = value;
      list.append(term, text);
    }
    this.facts.querySelector("[data-facts-command]").textContent = found.command;
    const layers = this.facts.querySelector("[data-facts-layers]");
    layers.hidden = !found.image;
    layers.dataset.image = found.image ?? "";
    const port = this.facts.querySelector("[data-facts-port]");
    port.hidden = !(found.port?.protocol === "tcp" && port.dataset.address);
    if (!port.hidden) port.href = port.dataset.address.replace("PORT", found.port.host);
    return true;
  }

  #openPort() {
    const port = this.facts.querySelector("[data-facts-port]");
    if (!this.facts.hidden && !port.hidden) port.click();
  }

  #pressed(event) {
    const button = event.target.closest("button");
    if (button?.matches("[data-close]")) this.close();
    else if (button?.matches("[data-facts-type]")) this.onType(this.facts.querySelector("[data-facts-command]").textContent);
    else if (button?.matches("[data-facts-layers]")) this.showLayers(button.dataset.image);
  }
}
