// Two images side by side: what they share, and what a pull of the second would still fetch.
import { colour, imageNames } from "../engine/names.js";
import { sizeText } from "../size.js";
import { count, fill, make } from "../words.js";
import { instructionText, shellWord } from "./text.js";

// Layers that two images have in common from the base up.
function shared(one, other) {
  const differs = one.layers.findIndex(({ digest }, number) => other.layers[number]?.digest !== digest);
  return differs < 0 ? one.layers.length : differs;
}

export class CompareView {
  constructor(explorer) {
    this.explorer = explorer;
    this.words = explorer.words;
    this.panel = explorer.root.querySelector("[data-panel=compare]");
    this.select = this.panel.querySelector("[data-other]");
    this.result = this.panel.querySelector("[data-compared]");
    this.turn = 0;
    this.select.addEventListener("change", () => this.show());
  }

  // The images to choose from have changed.
  images() {
    const { image, images } = this.explorer;
    const named = images
      .filter(({ id }) => id !== image.id)
      .map((each) => ({ name: imageNames(each)[0], id: each.id, shares: shared(image, each) }))
      .sort((a, b) => b.shares - a.shares || a.name.localeCompare(b.name));
    const before = this.select.value;
    const options = named.map(({ name, id }) => Object.assign(make("option", "", name), { value: id }));
    this.select.replaceChildren(...options);
    if (named.some(({ id }) => id === before)) this.select.value = before;
    if (this.explorer.view === "compare" && this.select.value !== before) this.show();
  }

  async show() {
    const { explorer, words } = this;
    const turn = (this.turn += 1);
    const first = explorer.image;
    const second = explorer.images.find(({ id }) => id === this.select.value);
    if (!second) {
      this.result.replaceChildren(make("p", "", words.noOther));
      return;
    }
    const names = [first, second].map((image) => explorer.nameOf(image));
    explorer.tellCommand(`docker image inspect -f '{{json .RootFS.Layers}}' ${names.map(shellWord).join(" ")}`);
    try {
      const found = await explorer.askImage("compare", { other: second.id });
      if (turn === this.turn) this.#draw(found, first, second, names);
    } catch (error) {
      if (turn === this.turn) explorer.failed(error);
    }
  }

  #draw(found, first, second, [one, other]) {
    const { words } = this;
    const all = { one, other, n: found.shared, shared: sizeText(found.shared_bytes), bytes: sizeText(found.fetched_bytes), all: sizeText(found.total_bytes) };
    const what = found.fetched.map(({ created_by: by }) => instructionText(by, words));
    const fetches = !found.fetched.length ? words.fetchNone : found.fetched.length === second.layers.length ? words.fetchAll : found.fetched.length === 1 ? words.fetchOne : words.fetchSome;
    const pair = make("div", "pair");
    const fetched = new Set(found.fetched.map(({ layer }) => layer));
    pair.append(this.#column(first, one, found.shared, new Set()), this.#column(second, other, found.shared, fetched));
    this.result.replaceChildren(
      make("p", "", found.shared ? count(words, "share", found.shared, all) : fill(words.shareNone, all)),
      make("p", "fetches", fill(fetches, { ...all, what: what[0] ?? "", count: found.fetched.length })),
      pair,
    );
  }

  #column(image, name, shared, fetched) {
    const { words } = this;
    const column = make("section");
    const list = make("ol", "stack");
    const rows = image.layers.map((layer, number) => {
      const row = make("li", number < shared ? "both" : fetched.has(number) ? "fetched" : "");
      row.style.setProperty("--layer", colour(layer.digest));
      const size = layer.size < 0 ? "" : sizeText(layer.size);
      const about = number < shared ? words.inBoth : fetched.has(number) ? words.toFetch : words.onlyHere;
      const line = make("div", "layer");
      line.append(make("code", "by", instructionText(layer.created_by, words)), make("span", "size", size), make("span", "about", about));
      row.append(line);
      return row;
    });
    list.append(...rows.reverse());
    column.append(make("h4", "", name), list);
    return column;
  }
}
