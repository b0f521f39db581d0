// The list of an image's layers, from what the student's own engine says.
import { sizeText } from "./size.js";

const COLOURS = 12;

// The same layer has the same colour in every image that has it.
function colour(digest) {
  const number = parseInt(digest.slice(7, 13), 16) % COLOURS;
  return `hsl(${(number * 360) / COLOURS} 60% 52%)`;
}

function instruction(createdBy) {
  return createdBy.replace(/^\/bin\/sh -c #\(nop\)\s*/, "").replace(/\s*# buildkit$/, "").trim();
}

export class LayerList {
  constructor(pane, { onUsage = () => {}, onEnds = () => {} } = {}) {
    this.pane = pane;
    this.onUsage = onUsage;
    this.onEnds = onEnds;
    this.words = pane.dataset;
    this.select = pane.querySelector("select");
    this.list = pane.querySelector("[data-layers-list]");
    this.total = pane.querySelector("[data-layers-size]");
    this.images = [];
    this.wanted = "";
    this.attempt = 0;
    this.select.addEventListener("change", () => {
      this.wanted = this.select.value;
      this.#draw();
    });
    this.#message(this.words.empty);
    this.#connect();
  }

  show(image) {
    this.wanted = image.includes(":") ? image : `${image}:latest`;
    this.#draw();
  }

  reconnect() {
    this.socket.close();
  }

  #connect() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    this.socket = new WebSocket(`${scheme}://${location.host}/ws/engine/`);
    this.socket.onmessage = ({ data }) => {
      this.attempt = 0;
      this.#received(JSON.parse(data));
    };
    this.socket.onclose = () => {
      this.attempt += 1;
      setTimeout(() => this.#connect(), Math.min(500 * 2 ** this.attempt, 10000));
    };
  }

  #received(state) {
    if (state.ends !== undefined) {
      this.onEnds(state.ends);
      return;
    }
    this.onUsage(state.usage);
    if (state.error) {
      this.#message(this.words.unavailable);
      return;
    }
    this.images = state.images;
    this.#draw();
  }

  #named() {
    return this.images
      .flatMap((image) => (image.tags.length ? image.tags : [image.id.slice(7, 19)]).map((name) => ({ name, image })))
      .sort((a, b) => a.name.localeCompare(b.name));
  }

  #draw() {
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
        .map((other) => other.name.replace(/:latest$/, "")),
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
