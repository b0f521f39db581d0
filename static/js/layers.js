// The list of an image's layers, from what the student's own engine says.
import { colour, imageNames, instruction, shortName } from "./engine/names.js";
import { sizeText } from "./size.js";

export class LayerList {
  constructor(pane, model) {
    this.pane = pane;
    this.model = model;
    this.words = pane.dataset;
    this.select = pane.querySelector("select");
    this.list = pane.querySelector("[data-layers-list]");
    this.total = pane.querySelector("[data-layers-size]");
    this.wanted = "";
    this.drawn = null;
    this.select.addEventListener("change", () => {
      this.wanted = this.select.value;
      this.#draw();
    });
    this.#message(this.words.empty);
    model.addEventListener("change", () => this.#changed());
  }

  get images() {
    return Object.values(this.model.state.images);
  }

  show(image) {
    this.wanted = image.includes(":") ? image : `${image}:latest`;
    this.#draw();
  }

  #changed() {
    if (this.model.error) {
      this.drawn = null;
      this.#message(this.words.unavailable);
    } else if (this.drawn !== this.model.state.images) {
      this.#draw();
    }
  }

  #named() {
    return this.images
      .flatMap((image) => imageNames(image).map((name) => ({ name, image })))
      .sort((a, b) => a.name.localeCompare(b.name));
  }

  #draw() {
    this.drawn = this.model.state.images;
    const named = this.#named();
    const found = named.find(({ name }) => name === this.wanted) ?? named.find(({ name }) => name === "webapp:latest") ?? named[0];
    this.select.replaceChildren(
      ...named.map(({ name }) => Object.assign(document.createElement("option"), { value: name, textContent: name })),
    );
    if (!found) {
      this.total.textContent = "";
      this.#message(this.words.empty);
      return;
    }
    this.select.value = found.name;
    this.total.textContent = sizeText(found.image.size);
    const rows = found.image.layers.map((layer, index) => this.#row(layer, index, found.image, named));
    this.list.replaceChildren(...rows.reverse()); // the base lies at the bottom
  }

  #row(layer, index, image, named) {
    const row = document.createElement("li");
    row.style.setProperty("--layer", colour(layer.digest));
    const also = new Set(
      named
        .filter((other) => other.image.id !== image.id && other.image.layers.some((l) => l.digest === layer.digest))
        .map((other) => shortName(other.name)),
    );
    row.append(
      this.#cell("span", "size", sizeText(layer.size)),
      this.#cell("code", "digest", layer.digest.slice(7, 19)),
      this.#cell("code", "by", instruction(layer.created_by) || this.words.base),
    );
    row.title = layer.created_by;
    if (also.size) row.append(this.#cell("span", "shared", `${this.words.shared} ${[...also].join(", ")}`));
    return row;
  }

  #cell(tag, className, text) {
    return Object.assign(document.createElement(tag), { className, textContent: text });
  }

  #message(text) {
    this.list.replaceChildren(this.#cell("li", "none", text));
  }
}
