// The picture of the engine: boxes and lines that are kept, moved and removed by their keys.
import { colour, imageNames, instruction, shortName } from "./names.js";
import { chart, drawChart } from "./chart.js";
import { layout } from "./layout.js";
import { sizeText } from "../size.js";

// More boxes than this do not glide.
const MANY = 60;
const LEAST_ZOOM = 0.8;
// The view's padding and the stage's own border, in pixels.
const EDGES = 8;
const SVG = "http://www.w3.org/2000/svg";

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

export class Picture {
  constructor(root, model, { catalogue, words, onOpen }) {
    this.root = root;
    this.model = model;
    this.catalogue = catalogue;
    this.words = words;
    this.onOpen = onOpen;
    this.touched = new Set();
    this.all = false;
    this.stage = root.querySelector("[data-stage]");
    this.svg = this.stage.querySelector("svg");
    this.nothing = root.querySelector("[data-nothing]");
    this.shelf = root.querySelector("[data-shelf]");
    this.boxes = new Map();
    this.lines = new Map();
    this.state = model.state;
    this.selected = "";
    this.pending = false;
    model.addEventListener("stats", () => this.#drawStats());
    model.addEventListener("event", ({ detail }) => this.#touch(detail));
    new ResizeObserver(() => this.draw()).observe(root);
    this.stage.addEventListener("click", (event) => {
      const box = event.target.closest("[data-key]");
      if (box) onOpen(box.dataset.key);
    });
  }

  // Show a state; many in a row are drawn once.
  show(state) {
    this.state = state;
    this.draw();
  }

  draw() {
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => {
      this.pending = false;
      this.#draw();
    });
  }

  select(key) {
    this.selected = key;
    for (const [name, { box }] of this.boxes) box.classList.toggle("selected", name === key);
  }

  #touch(event) {
    if (event.kind !== "image" || !/pull|tag|load|import|save/.test(event.action)) return;
    const image = Object.values(this.model.state.images).find((each) => each.id === event.id || each.tags.includes(event.name) || each.tags.includes(`${event.name}:latest`));
    if (image) this.touched.add(image.id);
  }

  #draw() {
    const width = this.root.clientWidth - EDGES;
    if (width < 50) return; // not shown
    const plan = layout(this.state, { width, catalogue: this.catalogue, touched: this.touched, all: this.all });
    // A little too wide is made to fit; much too wide is scrolled.
    this.stage.style.zoom = Math.min(1, Math.max(LEAST_ZOOM, width / plan.width));
    this.stage.style.width = `${plan.width}px`;
    this.stage.style.height = `${plan.height}px`;
    this.svg.setAttribute("viewBox", `0 0 ${plan.width} ${plan.height}`);
    this.stage.classList.toggle("many", plan.boxes.length > MANY);
    this.stage.classList.toggle("narrow", Boolean(plan.narrow));
    this.nothing.hidden = plan.boxes.length > 0;
    this.#drawBoxes(plan.boxes);
    this.#drawLines(plan.lines);
    this.#drawShelf(plan.rest);
    this.#drawStats();
    this.plan = plan;
  }

  #drawBoxes(boxes) {
    const seen = new Set();
    for (const each of boxes) {
      seen.add(each.key);
      let known = this.boxes.get(each.key);
      if (!known) {
        const box = element("button", `box box-${each.kind}`);
        box.type = "button";
        box.dataset.key = each.key;
        this.stage.append(box);
        known = { box, data: null };
        this.boxes.set(each.key, known);
      }
      const { box } = known;
      box.classList.remove("leaving");
      box.style.transform = `translate(${each.x}px, ${each.y}px)`;
      box.style.width = `${each.width}px`;
      box.style.height = `${each.height}px`;
      box.classList.toggle("small", Boolean(each.small));
      box.classList.toggle("selected", each.key === this.selected);
      if (known.data !== each.data || known.small !== each.small) {
        known.data = each.data;
        known.small = each.small;
        this.#fill(box, each);
      }
    }
    this.#remove(this.boxes, seen, ({ box }) => box);
  }

  #drawLines(lines) {
    const seen = new Set();
    for (const each of lines) {
      seen.add(each.key);
      let known = this.lines.get(each.key);
      if (!known) {
        const path = document.createElementNS(SVG, "path");
        path.append(document.createElementNS(SVG, "title"));
        path.dataset.line = each.key;
        path.classList.add("line", `line-${each.kind}`);
        this.svg.append(path);
        known = { path };
        this.lines.set(each.key, known);
      }
      const { path } = known;
      path.setAttribute("d", each.d);
      path.firstChild.textContent = each.title;
      if (each.hue !== undefined) path.style.setProperty("--hue", (each.hue * 67 + 200) % 360);
      if (each.colour !== undefined) path.style.setProperty("--layer", each.colour || "var(--accent)");
      path.classList.toggle("off", Boolean(each.off));
      path.classList.toggle("read-only", each.writable === false);
    }
    this.#remove(this.lines, seen, ({ path }) => path);
  }

  #remove(map, seen, of) {
    for (const [key, known] of map) {
      if (seen.has(key)) continue;
      map.delete(key);
      const gone = of(known);
      gone.classList.add("leaving");
      setTimeout(() => gone.remove(), 250);
    }
  }

  #fill(box, { kind, data, small, hue }) {
    box.replaceChildren();
    if (kind === "container") this.#fillContainer(box, data, small);
    else if (kind === "layer") {
      const text = instruction(data.created_by) || (data.what ? data.digest.slice(7, 19) : this.words.base);
      box.style.setProperty("--layer", colour(data.digest));
      box.append(element("code", "", text), element("span", "size", sizeText(data.size)));
      box.title = text;
    } else if (kind === "step") {
      box.dataset.running = data.running;
      box.append(element("code", "", instruction(data.text)), element("span", "size", data.running ? "…" : sizeText(data.size)));
      box.title = `${data.running ? this.words.building : this.words.built} ${instruction(data.text)}`;
    } else if (kind === "blob") {
      box.append(element("code", "", this.words.fetching), element("span", "size", sizeText(data.bytes)));
      box.title = `${this.words.fetching} ${sizeText(data.bytes)}`;
    } else if (kind === "image") {
      const names = imageNames(data).map(shortName).join(", ");
      box.append(element("span", "name", names));
      box.title = `${names} · ${sizeText(data.size)}`;
    } else if (kind === "network") {
      box.style.setProperty("--hue", (hue * 67 + 200) % 360);
      box.append(element("span", "name", data.name));
      box.title = `${this.words.network} ${data.name}`;
    } else if (kind === "port") {
      box.append(element("span", "name", `:${data.port.host}`));
      box.title = `${data.port.host} → ${data.container.name}:${data.port.inner}`;
    } else {
      box.append(element("span", "what", kind === "bind" ? this.words.folder : this.words.volume), element("span", "name", kind === "volume" && /^[0-9a-f]{64}$/.test(data.name) ? `${data.name.slice(0, 12)}…` : data.name));
      box.title = `${kind === "bind" ? this.words.folder : this.words.volume} ${data.name}`;
    }
    box.setAttribute("aria-label", this.#said(kind, data, box));
  }

  #fillContainer(box, container, small) {
    box.dataset.state = container.state;
    const head = element("span", "head");
    head.append(element("span", "dot"), element("span", "name", container.name));
    const more = container.state === "exited" ? container.exit_code : container.state === "running" ? container.health.state : "";
    const code = more === "" || more === "none" ? "" : ` ${more}`;
    box.dataset.health = container.health.state;
    if (!small) head.append(element("span", "state", `${container.state}${code}`));
    box.append(head);
    if (!small) {
      box.append(element("code", "cmd", container.command.join(" ")));
      if (container.execs.length) box.append(this.#exec(container.execs));
      const facts = element("span", "figures");
      facts.append(element("span", "numbers"), element("span", "user", container.user ? `-u ${container.user}` : ""));
      box.append(facts);
    }
    box.append(chart(), element("span", "rw", small ? "" : this.words.readWrite));
    box.title = `${container.name} · ${container.image} · ${container.state}${code}`;
  }

  #exec(execs) {
    const more = execs.length > 1 ? ` +${execs.length - 1}` : "";
    const line = element("span", "exec");
    line.append(element("span", "what", "exec"), element("code", "", `${execs[0].command}${more}`));
    return line;
  }

  #said(kind, data, box) {
    const word = { container: this.words.container, layer: this.words.layer, image: this.words.image }[kind];
    return word ? `${word} ${box.title}` : box.title;
  }

  #drawStats() {
    for (const [key, { box }] of this.boxes) {
      if (!key.startsWith("c:")) continue;
      const running = ["running", "paused"].includes(box.dataset.state);
      const samples = (running && this.model.stats.get(key.slice(2))) || [];
      drawChart(box.querySelector(".chart"), samples);
      const numbers = box.querySelector(".numbers");
      if (!numbers) continue;
      const [share, memory] = samples.at(-1) ?? [];
      numbers.textContent = samples.length ? `${Math.round(share * 100)} % · ${sizeText(memory)}` : "";
    }
  }

  #drawShelf(names) {
    const text = names.map(shortName).join(", ");
    const count = this.shelf.querySelector("[data-shelf-names]");
    if (count.textContent !== text) count.textContent = text;
    this.shelf.hidden = !names.length && !this.all;
  }
}
