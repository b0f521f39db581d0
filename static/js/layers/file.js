// One file: what is known of it, its text, and what this layer changed of it.
import { sizeText } from "../size.js";
import { fill, make } from "../words.js";
import { instructionText, modeText, timeText } from "./text.js";

const LINE_CLASSES = { "+": "added", "-": "removed", "@": "hunk" };

export class FileView {
  constructor(explorer, onBack) {
    this.explorer = explorer;
    this.words = explorer.words;
    this.root = explorer.root.querySelector("[data-file]");
    this.title = this.root.querySelector("[data-file-title]");
    this.facts = this.root.querySelector("[data-file-facts]");
    this.text = this.root.querySelector("[data-file-text]");
    this.note = this.root.querySelector("[data-file-note]");
    this.switch = this.root.querySelector("[data-file-switch]");
    this.buttons = [...this.switch.querySelectorAll("button")];
    this.turn = 0;
    for (const button of this.buttons) button.addEventListener("click", () => this.#draw(button.dataset.show));
    const back = () => {
      this.close();
      onBack();
    };
    this.root.querySelector("[data-file-close]").addEventListener("click", back);
    this.root.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      back();
    });
  }

  close() {
    this.turn += 1;
    this.root.hidden = true;
    this.explorer.body.classList.remove("with-file");
  }

  async open(entry, mode) {
    const turn = (this.turn += 1);
    const { explorer, words } = this;
    const { layer, container } = explorer;
    this.root.hidden = false;
    explorer.body.classList.add("with-file");
    this.title.textContent = entry.path;
    this.#facts(entry);
    this.#fill(null, "");
    this.title.focus({ preventScroll: true });
    this.root.scrollIntoView({ block: "nearest" });
    if (entry.change === "removed") {
      this.note.textContent = words.removedHere;
      return;
    }
    if (!["file", "hardlink"].includes(entry.kind)) {
      this.note.textContent = words[`kind${entry.kind[0].toUpperCase()}${entry.kind.slice(1)}`] ?? "";
      return;
    }
    this.note.textContent = words.loading;
    try {
      const found = container
        ? await explorer.ask("written", { container: container.id, path: entry.path })
        : await explorer.askImage("file", { layer, mode, path: entry.path });
      if (turn === this.turn) this.#fill(found, found.binary ? words.binary : found.cut ? words.cut : "");
    } catch (error) {
      if (turn !== this.turn) return;
      this.note.textContent = "";
      explorer.failed(error);
    }
  }

  #facts(entry) {
    const { words } = this;
    const from = entry.letter ? entry.origin : entry.layer;
    const rows = [
      [words.size, entry.kind === "dir" ? "" : `${sizeText(entry.size)} (${entry.size} B)`],
      [words.owner, entry.kind === "whiteout" ? "" : `${entry.uid}:${entry.gid}`],
      [words.mode, entry.kind === "whiteout" ? "" : `${modeText(entry.kind, entry.mode)} (${entry.mode.toString(8).padStart(4, "0")})`],
      [words.written, timeText(entry.mtime)],
      [words.target, entry.target],
      [entry.letter ? words.origin : words.layer, from === null || from === undefined ? "" : this.#layerText(from)],
    ];
    this.facts.replaceChildren(...rows.filter(([, text]) => text).flatMap(([name, text]) => [make("dt", "", name), make("dd", "", text)]));
  }

  #layerText(number) {
    const layer = this.explorer.image.layers[number];
    return `${fill(this.words.layerOf, { n: number + 1, all: this.explorer.image.layers.length })}: ${instructionText(layer?.created_by ?? "", this.words).slice(0, 200)}`;
  }

  #fill(found, note) {
    this.found = found;
    this.note.textContent = note;
    const hasDiff = Boolean(found?.diff);
    if (found && !found.binary && !found.diff) {
      const why = found.before ? (found.diff === "" ? this.words.sameText : "") : this.words.newFile;
      this.note.textContent = [why, note].filter(Boolean).join(" ");
    }
    this.switch.hidden = !hasDiff;
    this.#draw(hasDiff ? "diff" : "text");
  }

  #draw(show) {
    for (const button of this.buttons) button.setAttribute("aria-pressed", button.dataset.show === show);
    const text = this.found?.[show] ?? "";
    this.text.hidden = !text;
    if (show === "text") {
      this.text.textContent = text;
      return;
    }
    this.text.replaceChildren(...text.split("\n").map((line) => make("span", `line ${LINE_CLASSES[line[0]] ?? ""}`, `${line}\n`)));
  }
}
