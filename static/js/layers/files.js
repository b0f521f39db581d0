// The files of a layer, of all layers up to it, or of a container's own.
import { sizeText } from "../size.js";
import { count, fill, make } from "../words.js";
import { FileView } from "./file.js";
import { ageText, instructionLines, modeText, nameOf, shellWord } from "./text.js";
import { Tree } from "./tree.js";

const SEARCH_AFTER = 250;
const CHANGES = { A: "added", C: "changed", D: "removed" };

export class FilesView {
  constructor(explorer) {
    this.explorer = explorer;
    this.words = explorer.words;
    const panel = explorer.root.querySelector("[data-panel=files]");
    this.panel = panel;
    this.title = panel.querySelector("[data-files-title]");
    this.by = panel.querySelector("[data-files-by]");
    this.facts = panel.querySelector("[data-files-facts]");
    this.tools = panel.querySelector("[data-files-tools]");
    this.said = panel.querySelector("[data-tree-said]");
    this.search = panel.querySelector("[data-search]");
    this.modes = [...panel.querySelectorAll("[data-mode]")];
    this.mode = "layer";
    this.file = new FileView(explorer, () => this.back());
    this.element = panel.querySelector("[data-tree]");
    this.tree = new Tree(this.element, {
      load: (path, offset) => this.#load(path, offset),
      row: (entry, isFlat) => this.#row(entry, isFlat),
      onOpen: (entry, isFolder) => this.#opened(entry, isFolder),
      words: this.words,
    });
    for (const button of this.modes) button.addEventListener("click", () => this.#setMode(button.dataset.mode));
    this.search.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.#find(), SEARCH_AFTER);
    });
  }

  close() {
    this.file.close();
    this.tree.list([]);
    this.said.textContent = "";
  }

  // Back from a file to its line.
  back() {
    this.element.querySelector("[role=treeitem][tabindex='0']")?.focus();
    this.#command();
  }

  show() {
    this.close();
    this.search.value = "";
    const { explorer, words } = this;
    const { layer, container } = explorer;
    this.tools.hidden = layer === null;
    this.element.setAttribute("aria-label", words.files);
    if (layer === null) {
      this.title.textContent = container ? fill(words.ownLayer, { name: container.name }) : "";
      this.by.textContent = container?.state ?? "";
      this.showChanges();
      explorer.own.look();
      return;
    }
    const { layers } = explorer.image;
    const { digest, created, created_by: by, shared } = layers[layer];
    this.title.textContent = fill(words.layerOf, { n: layer + 1, all: layers.length });
    this.by.textContent = instructionLines(by, words);
    this.facts.textContent = [digest.slice(0, 19), ageText(created), shared.length ? `${words.shared} ${shared.join(", ")}` : words.unshared].filter(Boolean).join(" · ");
    this.#open();
  }

  // A container's own layer, as far as it is known.
  showChanges() {
    const { words, explorer } = this;
    const found = explorer.own.found.get(explorer.container?.id);
    this.facts.textContent = words.live;
    if (this.file.root.hidden) this.#command();
    if (!found) {
      this.said.textContent = words.loading;
      return;
    }
    this.said.textContent = found.total ? count(words, "changesOf", found.total, { size: sizeText(found.size) }) : words.unchanged;
    if (found.more || found.truncated) this.said.textContent += ` ${words.truncated}`;
    this.tree.list(found.changes.map((change) => ({ ...change, letter: change.change, change: CHANGES[change.change] })));
  }

  #setMode(mode) {
    this.mode = mode;
    for (const button of this.modes) button.setAttribute("aria-pressed", button.dataset.mode === mode);
    this.file.close();
    if (this.search.value.trim()) this.#find();
    else this.#open();
  }

  #open() {
    this.said.textContent = "";
    this.#command();
    this.tree.open().catch((error) => this.explorer.failed(error));
  }

  async #load(path, offset) {
    try {
      const { layer } = this.explorer;
      const found = await this.explorer.askImage("tree", { layer, mode: this.mode, path, offset });
      this.explorer.say("");
      const notes = [];
      if (path === "/" && !found.entries.length && !found.hidden.length) notes.push(this.words.nothingChanged);
      if (found.truncated) notes.push(this.words.truncated);
      if (found.refused) notes.push(fill(this.words.refused, { n: found.refused }));
      if (path === "/") this.said.textContent = notes.join(" ");
      return found;
    } catch (error) {
      this.explorer.failed(error);
      throw error;
    }
  }

  async #find() {
    const text = this.search.value.trim();
    this.file.close();
    if (!text) {
      this.#open();
      return;
    }
    const turn = (this.turn = (this.turn ?? 0) + 1);
    try {
      const found = await this.explorer.askImage("search", { layer: this.explorer.layer, mode: this.mode, text: text.slice(0, 200) });
      if (turn !== this.turn || !this.search.value.trim()) return;
      this.said.textContent = fill(found.more ? this.words.foundMore : this.words.found, { n: found.entries.length });
      if (found.truncated) this.said.textContent += ` ${this.words.truncated}`;
      this.tree.list(found.entries);
      this.#command();
    } catch (error) {
      this.explorer.failed(error);
    }
  }

  #row(entry, isFlat) {
    const { words } = this;
    const what = entry.opaque ? "opaque" : (entry.change ?? "same");
    const name = isFlat ? entry.path : nameOf(entry.path);
    const line = make("div", "tree-row");
    line.append(make("span", "tree-name", entry.kind === "dir" ? `${name}/` : name));
    if (entry.target) line.append(make("span", "tree-target", `${entry.kind === "hardlink" ? "=" : "→"} ${entry.target}`));
    const says = [entry.kind === "dir" ? fill(words.folderNamed, { name }) : name];
    if (words[what]) {
      line.append(make("span", `tree-change ${what}`, entry.letter ? `${entry.letter} ${words[what]}` : words[what]));
      says.push(words[what]);
    }
    const origin = this.#origin(entry);
    if (origin) {
      line.append(make("span", "tree-origin", origin));
      says.push(origin);
    }
    const isMark = entry.kind === "whiteout";
    // What a container's folder holds is on lines of its own.
    const size = entry.letter && entry.kind === "dir" ? "" : this.mode === "union" && entry.kind === "dir" && this.explorer.layer !== null ? "" : sizeText(entry.size);
    line.append(make("span", "tree-size", size));
    line.append(make("span", "tree-owner", isMark ? "" : `${entry.uid}:${entry.gid}`));
    line.append(make("span", "tree-mode", isMark ? words.whiteout : modeText(entry.kind, entry.mode)));
    if (size) says.push(size);
    return { line, says: says.join(", "), className: `tree-${what}` };
  }

  // Where a container's file was copied up from, or which layer one sees a file of.
  #origin(entry) {
    const { words, explorer } = this;
    if (entry.letter) {
      if (entry.origin === null) return "";
      return fill(entry.letter === "D" ? words.wasIn : words.copiedFrom, { n: entry.origin + 1 });
    }
    return this.mode === "union" && explorer.layer !== null ? fill(words.fromLayer, { n: entry.layer + 1 }) : "";
  }

  #opened(entry, isFolder = false) {
    if (!entry) return;
    this.#command(entry);
    if (isFolder) this.file.close();
    else this.file.open(entry, this.mode);
  }

  #command(entry = null) {
    const { explorer } = this;
    const { layer, container, image } = explorer;
    const path = entry?.path ?? "";
    if (layer === null) {
      const isFile = entry && entry.change !== "removed" && entry.kind !== "dir";
      if (container) explorer.tellCommand(isFile ? `docker cp ${container.name}:${shellWord(path)} - | tar -xO` : `docker diff ${container.name}`);
      return;
    }
    const name = shellWord(explorer.nameOf(image));
    const text = this.search.value.trim();
    // Paths in an archive do not begin with a slash; what is seen comes from the layer it is in.
    const from = image.layers[this.mode === "union" ? (entry?.layer ?? layer) : layer].digest.replace(":", "/");
    const one = `docker save ${name} | tar -xO blobs/${from}`;
    const inner = shellWord(path.slice(1));
    if (entry && ["file", "hardlink"].includes(entry.kind)) explorer.tellCommand(`${one} | tar -xO ${inner}`);
    else if (entry && entry.change !== "removed") explorer.tellCommand(`${one} | tar -tv ${inner}`);
    else if (this.mode === "union" && layer === image.layers.length - 1) explorer.tellCommand(`docker export $(docker create ${name}) | tar -t${text ? ` | grep -i ${shellWord(text)}` : "v"}`);
    else explorer.tellCommand(`${one} | tar -t${text ? ` | grep -i ${shellWord(text)}` : "v"}`);
  }
}
