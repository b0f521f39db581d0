// How much of an image's bytes are of use, which paths waste them, and what to change.
import { sizeText } from "../size.js";
import { fill, make } from "../words.js";
import { instructionLines, percentText, shellWord } from "./text.js";

const MOST_ROWS = 50;

export class WasteView {
  constructor(explorer) {
    this.explorer = explorer;
    this.words = explorer.words;
    this.panel = explorer.root.querySelector("[data-panel=waste]");
    this.turn = 0;
  }

  async show() {
    const { explorer, words } = this;
    const turn = (this.turn += 1);
    explorer.tellCommand(`docker history --no-trunc ${shellWord(explorer.nameOf(explorer.image))}`);
    this.panel.replaceChildren(make("p", "status", words.loading));
    try {
      const found = await explorer.askImage("figures");
      if (turn === this.turn) this.#draw(found);
    } catch (error) {
      if (turn !== this.turn) return;
      this.panel.replaceChildren();
      explorer.failed(error);
    }
  }

  #draw(found) {
    const { words } = this;
    const meter = make("meter");
    Object.assign(meter, { min: 0, max: 1, value: found.efficiency, low: 0.9, high: 0.95, optimum: 1 });
    meter.setAttribute("aria-label", words.efficiency);
    const figures = make("dl", "facts-list");
    const rows = [
      [words.efficiency, percentText(found.efficiency)],
      [words.wasted, fill(words.wastedOf, { bytes: sizeText(found.wasted_bytes), all: sizeText(found.size) })],
      [words.wastedPaths, String(found.wasted_paths)],
    ];
    for (const [name, text] of rows) figures.append(make("dt", "", name), make("dd", "", text));
    figures.querySelector("dd").append(" ", meter);
    const parts = [make("h3", "", words.waste), figures];
    if (found.truncated) parts.push(make("p", "status", words.truncated));
    parts.push(make("h3", "", words.advice), this.#advice(found.advice));
    if (found.wasted.length) parts.push(this.#table(found.wasted));
    this.panel.replaceChildren(...parts);
  }

  #advice(advice) {
    const { words } = this;
    if (!advice.length) return make("p", "", words.adviceNone);
    const list = make("ul", "advice");
    for (const each of advice) {
      const item = make("li");
      const values = { bytes: sizeText(each.size), n: each.layer + 1, by: each.by + 1, paths: each.paths, path: each.path };
      const key = `advice${each.code[0].toUpperCase()}${each.code.slice(1)}`;
      const sentence = fill((each.paths === 1 && words[`${key}One`]) || words[key], values);
      item.append(make("strong", "", sizeText(each.size)), " ", sentence);
      item.append(make("code", "by", instructionLines(each.instruction, words)));
      if (each.by !== each.layer) item.append(make("code", "by", instructionLines(each.by_instruction, words)));
      list.append(item);
    }
    return list;
  }

  #table(wasted) {
    const { words } = this;
    const table = make("table", "layers-table");
    table.append(make("caption", "", words.largest));
    const head = table.createTHead().insertRow();
    for (const name of [words.size, words.path, words.layers]) head.append(Object.assign(make("th", "", name), { scope: "col" }));
    const body = table.createTBody();
    for (const each of wasted.slice(0, MOST_ROWS)) {
      const row = body.insertRow();
      const versions = each.versions.map(({ layer, size, removed }) => `${layer + 1}: ${removed ? words.removed : sizeText(size)}`);
      const path = make("td");
      path.append(make("code", "", each.path));
      row.append(make("td", "", sizeText(each.size)), path, make("td", "", versions.join(", ")));
    }
    return table;
  }
}
