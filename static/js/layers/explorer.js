// An image's layers, file by file: the stack, and beside it what one asks of it.
import { imageNames, shortName } from "../engine/names.js";
import { sizeText } from "../size.js";
import { count, fill, wordsOf } from "../words.js";
import { Client } from "./client.js";
import { CompareView } from "./compare.js";
import { ContainerLayers } from "./containers.js";
import { FilesView } from "./files.js";
import { Stack } from "./stack.js";
import { shellWord } from "./text.js";
import { WasteView } from "./waste.js";

// A build makes a hundred changes in a second.
const GATHER = 200;
// Without anybody who tells of changes, the images are asked for again now and then.
const LOOK_AGAIN = 4000;

export class Explorer {
  // `origins` says where else there are images to put beside these: `source`, `name`, and of an
  // archive the file to `loadFrom`.
  constructor(root, { source, loadFrom = "", onType = null, origins = () => [] }) {
    this.root = root;
    this.origins = origins;
    this.words = wordsOf(root.querySelector("[data-layers-words]"));
    this.loadFrom = loadFrom;
    this.images = [];
    this.containers = [];
    this.wanted = "";
    this.view = "files";
    this.chosen = "";
    this.select = root.querySelector("[data-image]");
    this.size = root.querySelector("[data-layers-size]");
    this.note = root.querySelector("[data-note]");
    this.body = root.querySelector("[data-body]");
    this.command = root.querySelector("[data-same]");
    this.stack = new Stack(root.querySelector("[data-layers-list]"), this.words, (key) => this.choose(key));
    this.files = new FilesView(this);
    this.waste = new WasteView(this);
    this.compare = new CompareView(this);
    this.own = new ContainerLayers(this);
    this.#listen(onType);
    this.from(source);
  }

  // Look at another origin of images: "host", "catalogue", or an archive's id.
  from(source, loadFrom = "") {
    this.client?.end();
    this.loadFrom = loadFrom;
    this.images = [];
    this.containers = [];
    this.said = "";
    this.image = null;
    this.client = new Client(source);
    this.client.addEventListener("state", () => this.#stateChanged());
    this.#blank(this.words.loading);
    if (this.isVisible) this.refresh();
  }

  // Ask again whenever a model of the engine hears of a change.
  follow(model) {
    this.model = model;
    let seen = null;
    model.addEventListener("change", () => {
      const { images, containers } = model.state;
      if (seen && seen.images === images && seen.containers === containers) return;
      seen = { images, containers };
      this.#soon();
    });
  }

  set visible(isVisible) {
    if (isVisible === this.isVisible) return;
    this.isVisible = isVisible;
    clearInterval(this.clock);
    this.own.watch(isVisible);
    if (!isVisible) return;
    this.refresh();
    if (!this.model) this.clock = setInterval(() => document.hidden || this.refresh(), LOOK_AGAIN);
  }

  show(name) {
    this.wanted = name;
    this.chosen = "";
    if (this.images.length) this.#draw();
  }

  // The chosen layer's number; null where a container's own is chosen.
  get layer() {
    return this.chosen.startsWith("l") ? Number(this.chosen.slice(1)) : null;
  }

  get container() {
    return this.chosen.startsWith("c") ? (this.containers.find(({ id }) => `c${id}` === this.chosen) ?? null) : null;
  }

  // What one types for an image, and what it is called.
  nameOf(image) {
    return shortName(imageNames(image)[0]);
  }

  ask(op, fields) {
    return this.client.ask(op, fields);
  }

  // Ask about the image that is shown.
  askImage(op, fields = {}) {
    return this.ask(op, { image: this.image.id, ...fields });
  }

  // Say in the page's words why something was not answered.
  failed(error) {
    if (!error.code) throw error;
    this.say(error.code === "lost" ? "" : this.#sentence(error.code));
  }

  #sentence(code) {
    return this.words[`error${code[0]?.toUpperCase() ?? ""}${code.slice(1)}`] ?? this.words.errorFailed;
  }

  say(text) {
    this.note.textContent = text;
    this.note.hidden = !text;
  }

  // The archives that the images are from have to be loaded first.
  tellCommand(command, archives = this.loadFrom ? [this.loadFrom] : []) {
    this.command.parentElement.hidden = false;
    this.command.textContent = [...archives.map((file) => `docker load -qi ${shellWord(file)}`), command].join("; ");
  }

  async refresh() {
    if (!this.isVisible) return;
    const { client } = this;
    if (this.asking === client) {
      this.again = true; // one question at a time, however often it changes or nobody answers
      return;
    }
    this.asking = client;
    this.again = false;
    try {
      const found = await client.ask("images");
      if (client !== this.client) return;
      // Nothing new must move nothing: somebody may be reading.
      const said = JSON.stringify(found);
      if (said === this.said) return;
      this.said = said;
      this.images = found.images;
      this.containers = found.containers;
      this.say("");
      this.#draw();
    } catch (error) {
      if (client === this.client) this.failed(error);
    } finally {
      if (this.asking === client) {
        this.asking = null;
        if (this.again) this.#soon();
      }
    }
  }

  choose(key) {
    const isOther = key !== this.chosen;
    this.chosen = key;
    if (this.view !== "files") this.#setView("files");
    this.#drawStack();
    if (isOther) this.files.show();
  }

  #listen(onType) {
    this.select.addEventListener("change", () => this.show(this.select.value));
    for (const button of this.root.querySelectorAll("[data-panel-switch]")) {
      button.addEventListener("click", () => {
        this.#setView(button.dataset.panelSwitch);
        this.#showView();
      });
    }
    const type = this.root.querySelector("[data-same-type]");
    type.hidden = !onType;
    type.addEventListener("click", () => onType(this.command.textContent));
    const copy = this.root.querySelector("[data-same-copy]");
    copy.hidden = Boolean(onType);
    copy.addEventListener("click", () => navigator.clipboard?.writeText(this.command.textContent));
  }

  #soon() {
    clearTimeout(this.soon);
    this.soon = setTimeout(() => this.refresh(), GATHER);
  }

  #stateChanged() {
    const { state, detail } = this.client;
    if (state === "none") this.#blank(this.words.noHost);
    if (state === "gone") this.#blank(this.words.errorGone);
    if (state === "broken") this.#blank(this.#sentence(["kind", "missing"].includes(detail.error) ? "archive" : detail.error));
    if (state === "reading") this.#blank(detail.of ? fill(this.words.reading, detail) : this.words.loading);
    if (state === "ready") {
      this.said = "";
      this.refresh();
    }
  }

  #blank(text) {
    this.image = null;
    this.said = "";
    this.body.classList.add("blank");
    this.select.replaceChildren();
    this.size.textContent = "";
    this.stack.message(text);
    this.files.close();
    this.command.parentElement.hidden = true;
  }

  #named() {
    return this.images
      .flatMap((image) => imageNames(image).map((name) => ({ name, image })))
      .sort((a, b) => a.name.localeCompare(b.name));
  }

  #draw() {
    const named = this.#named();
    const names = [this.wanted, `${this.wanted}:latest`, "webapp:latest"];
    const found = names.map((wanted) => named.find(({ name }) => name === wanted)).find(Boolean) ?? named[0];
    if (!found) {
      this.#blank(this.words.empty);
      return;
    }
    const options = named.map(({ name }) => Object.assign(document.createElement("option"), { value: name, textContent: name }));
    if (JSON.stringify(named.map(({ name }) => name)) !== JSON.stringify([...this.select.options].map(({ value }) => value))) this.select.replaceChildren(...options);
    this.select.value = found.name;
    const isOther = this.image?.id !== found.image.id;
    this.image = found.image;
    this.body.classList.remove("blank");
    const isThere = this.layer === null ? this.container?.image === this.image.id : this.layer < this.image.layers.length;
    if (isOther || !isThere) this.chosen = `l${this.image.layers.length - 1}`;
    this.own.follow(this.containers.filter(({ image }) => image === this.image.id));
    this.#drawStack();
    this.compare.images();
    if (isOther || !isThere) this.#showView();
  }

  #drawStack() {
    const sizes = this.image.layers.map(({ size }) => size).filter((size) => size >= 0);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    this.size.textContent = [sizeText(total), count(this.words, "layerCount", this.image.layers.length), this.image.platform].filter(Boolean).join(" · ");
    this.stack.draw(this.image, this.own.containers, this.view === "files" ? this.chosen : "", this.own.found);
    // One of them must be reachable by Tab.
    if (this.view !== "files") this.stack.list.querySelector("button")?.setAttribute("tabindex", "0");
  }

  // A container's own layer has changed.
  changed(id) {
    if (!this.image) return;
    this.#drawStack();
    if (this.view === "files" && this.container?.id === id) this.files.showChanges();
  }

  #setView(view) {
    this.view = view;
    for (const button of this.root.querySelectorAll("[data-panel-switch]")) button.setAttribute("aria-pressed", button.dataset.panelSwitch === view);
    for (const panel of this.root.querySelectorAll("[data-panel]")) panel.hidden = panel.dataset.panel !== view;
    this.body.dataset.shows = view;
    if (view !== "files") this.files.close();
  }

  #showView() {
    if (!this.image) return;
    this.say("");
    this.#drawStack();
    this[this.view].show();
  }
}
