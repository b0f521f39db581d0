// Two images side by side: what they share, and what a pull of the second would still fetch.
import { colour, imageNames } from "../engine/names.js";
import { sizeText } from "../size.js";
import { count, fill, make } from "../words.js";
import { askOnce } from "./origins.js";
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
    this.elsewhere = new Map(); // images of other origins, by origin
    this.wanted = "";
    this.shown = "";
    this.turn = 0;
    this.select.addEventListener("change", () => {
      this.wanted = this.select.value;
      this.#compare();
    });
    document.addEventListener("visibilitychange", () => !document.hidden && this.lookElsewhere());
  }

  show() {
    this.shown = "";
    this.images();
    this.lookElsewhere();
  }

  // The images to choose from have changed.
  images() {
    const { explorer } = this;
    if (!explorer.image) return;
    const groups = [this.#here(), ...this.#others()]
      .map(({ source, name, images }) => ({ name, choices: this.#choices(source, images) }))
      .filter(({ choices }) => choices.length);
    const said = JSON.stringify(groups);
    if (said !== this.drawn) {
      this.drawn = said;
      this.select.replaceChildren(...this.#options(groups));
    }
    const choices = groups.flatMap((group) => group.choices);
    // The same image elsewhere is only offered first where there is nothing else.
    const worth = ({ key, shares }) => (key.endsWith(` ${explorer.image.id}`) ? -1 : shares);
    const best = choices.reduce((most, each) => (!most || worth(each) > worth(most) ? each : most), null);
    this.select.value = choices.some(({ key }) => key === this.wanted) ? this.wanted : (best?.key ?? "");
    if (explorer.view === "compare" && this.shown !== `${explorer.image.id} ${this.select.value}`) this.#compare();
  }

  // Ask the other origins for their images, each in its own time.
  lookElsewhere() {
    if (this.explorer.view !== "compare" || !this.explorer.isVisible) return;
    const others = this.#otherOrigins();
    for (const source of this.elsewhere.keys()) if (!others.some((each) => each.source === source)) this.elsewhere.delete(source);
    for (const { source } of others) this.#look(source);
    this.images();
  }

  async #look(source) {
    try {
      this.elsewhere.set(source, (await askOnce(source, "images")).images);
    } catch (error) {
      if (!error.code) throw error;
      this.elsewhere.delete(source); // no host, or an archive that is gone
    }
    this.images();
  }

  #otherOrigins() {
    return this.explorer.origins().filter(({ source }) => source !== this.explorer.client.source);
  }

  #here() {
    const { source } = this.explorer.client;
    const name = this.explorer.origins().find((each) => each.source === source)?.name ?? "";
    return { source, name, images: this.explorer.images };
  }

  #others() {
    return this.#otherOrigins().map((each) => ({ ...each, images: this.elsewhere.get(each.source) ?? [] }));
  }

  #choices(source, images) {
    const { image, client } = this.explorer;
    return images
      .filter(({ id }) => id !== image.id || source !== client.source)
      .map((each) => ({ name: imageNames(each)[0], key: `${source} ${each.id}`, shares: shared(image, each) }))
      .sort((a, b) => b.shares - a.shares || a.name.localeCompare(b.name));
  }

  #options(groups) {
    const option = ({ name, key }) => Object.assign(make("option", "", name), { value: key });
    if (groups.length === 1 && !groups[0].name) return groups[0].choices.map(option);
    return groups.map(({ name, choices }) => {
      const group = Object.assign(make("optgroup"), { label: name });
      group.append(...choices.map(option));
      return group;
    });
  }

  // The image that is chosen, with the origin it is from.
  #second() {
    const [source, id] = this.select.value.split(" ");
    const origin = [this.#here(), ...this.#others()].find((each) => each.source === source);
    const image = origin?.images.find((each) => each.id === id);
    return image && { ...origin, image };
  }

  async #compare() {
    const { explorer, words } = this;
    const turn = (this.turn += 1);
    const first = explorer.image;
    if (!first) return;
    const second = this.#second();
    this.shown = `${first.id} ${this.select.value}`;
    if (!second) {
      this.result.replaceChildren(make("p", "", words.noOther));
      return;
    }
    const isHere = second.source === explorer.client.source;
    this.#tellCommand(first, second, isHere);
    try {
      const fields = isHere ? { other: second.image.id } : { stack: (await askOnce(second.source, "stack", { image: second.image.id })).layers };
      // Meanwhile another image may be shown, or none yet.
      if (turn !== this.turn || explorer.image?.id !== first.id) return;
      const found = await explorer.askImage("compare", fields);
      const names = [first, second.image].map((image) => explorer.nameOf(image));
      // The same name may mean another image elsewhere.
      if (!isHere) names.forEach((name, at) => (names[at] = `${name} (${[this.#here(), second][at].name})`));
      if (turn === this.turn) this.#draw(found, first, second.image, names);
    } catch (error) {
      if (turn === this.turn) explorer.failed(error);
    }
  }

  #tellCommand(first, second, isHere) {
    const { explorer } = this;
    const images = [first, second.image];
    const names = images.map((image) => (isHere ? shellWord(explorer.nameOf(image)) : image.id.slice(7, 19)));
    const loads = isHere ? undefined : [explorer.loadFrom, second.loadFrom].filter(Boolean);
    explorer.tellCommand(`docker image inspect -f '{{json .RootFS.Layers}}' ${names.join(" ")}`, loads);
  }

  #draw(found, first, second, [one, other]) {
    const { words } = this;
    const all = { one, other, n: found.shared, shared: sizeText(found.shared_bytes), bytes: sizeText(found.fetched_bytes), all: sizeText(found.total_bytes) };
    const what = found.fetched.map(({ layer }) => instructionText(second.layers[layer].created_by, words));
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
