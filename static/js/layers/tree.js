// A tree that opens lazily: one folder, one question. Keys as the ARIA practices say of trees.
import { make } from "../words.js";

const FORGET_TYPED = 700;

export class Tree {
  // load(path, offset) answers { entries, hidden, more }; row(entry, isFlat) makes what a line shows
  // and says; onOpen(entry) is told of what is no folder.
  constructor(root, { load, row, onOpen, words }) {
    this.root = root;
    this.load = load;
    this.row = row;
    this.onOpen = onOpen;
    this.words = words;
    this.entries = new WeakMap();
    this.typed = "";
    this.turn = 0;
    root.addEventListener("click", (event) => this.#clicked(event));
    root.addEventListener("keydown", (event) => this.#pressed(event));
  }

  async open() {
    const turn = (this.turn += 1);
    this.root.setAttribute("aria-busy", "true");
    try {
      const found = await this.load("/", 0);
      if (turn !== this.turn) return;
      this.root.replaceChildren(...this.#items("/", found, 1));
      this.#settle();
    } finally {
      if (turn === this.turn) this.root.removeAttribute("aria-busy");
    }
  }

  // Paths in a row, as a search finds them; who had the focus keeps it.
  list(entries) {
    this.turn += 1;
    this.root.removeAttribute("aria-busy");
    const held = this.root.contains(document.activeElement) ? this.entryOf(document.activeElement)?.path : null;
    this.root.replaceChildren(...entries.map((entry) => this.#item(entry, 1, true)));
    this.#settle();
    if (held !== null) (this.items.find((item) => this.entryOf(item)?.path === held) ?? this.items[0])?.focus();
  }

  get items() {
    return [...this.root.querySelectorAll("[role=treeitem]")].filter((item) => !item.parentElement.closest("[role=group][hidden]"));
  }

  entryOf(item) {
    return this.entries.get(item);
  }

  #items(path, { entries, hidden = [], more }, level, offset = 0) {
    const items = [...entries, ...hidden].map((entry) => this.#item(entry, level, false));
    if (more) items.push(this.#more(path, level, offset + entries.length));
    if (!items.length) items.push(Object.assign(make("li", "tree-none", this.words.emptyFolder), { role: "none" }));
    return items;
  }

  #item(entry, level, isFlat) {
    const item = make("li");
    item.setAttribute("role", "treeitem");
    item.setAttribute("aria-level", level);
    item.tabIndex = -1;
    const { line, says, className } = this.row(entry, isFlat);
    item.className = className;
    item.setAttribute("aria-label", says);
    item.append(line);
    if (!isFlat && entry.kind === "dir" && entry.change !== "removed") item.setAttribute("aria-expanded", "false");
    this.entries.set(item, entry);
    return item;
  }

  #more(path, level, offset) {
    const item = make("li", "tree-more");
    item.setAttribute("role", "treeitem");
    item.setAttribute("aria-level", level);
    item.tabIndex = -1;
    item.append(make("div", "tree-row", this.words.more));
    item.dataset.more = path;
    item.dataset.offset = offset;
    return item;
  }

  #settle() {
    if (!this.root.querySelector("[role=treeitem][tabindex='0']")) {
      const first = this.root.querySelector("[role=treeitem]");
      if (first) first.tabIndex = 0;
    }
  }

  #focus(item) {
    if (!item) return;
    for (const each of this.root.querySelectorAll("[tabindex='0']")) each.tabIndex = -1;
    item.tabIndex = 0;
    item.focus({ preventScroll: true });
    item.querySelector(".tree-row").scrollIntoView({ block: "nearest" });
  }

  #clicked(event) {
    const item = event.target.closest("[role=treeitem]");
    if (!item) return;
    this.#focus(item);
    this.#act(item);
  }

  #act(item) {
    if (item.dataset.more) this.#loadMore(item);
    else if (item.hasAttribute("aria-expanded")) this.#toggle(item);
    else this.onOpen(this.entryOf(item));
  }

  async #toggle(item, wanted = item.getAttribute("aria-expanded") !== "true") {
    let group = item.querySelector(":scope > [role=group]");
    if (wanted && !group) {
      if (item.ariaBusy === "true") return;
      item.ariaBusy = "true";
      try {
        const { path } = this.entryOf(item);
        const found = await this.load(path, 0);
        group = make("ul");
        group.setAttribute("role", "group");
        group.append(...this.#items(path, found, Number(item.getAttribute("aria-level")) + 1));
        item.append(group);
      } catch {
        return; // the view has said why
      } finally {
        item.ariaBusy = null;
      }
    }
    item.setAttribute("aria-expanded", wanted);
    if (group) group.hidden = !wanted;
    this.onOpen(this.entryOf(item), true);
  }

  async #loadMore(item) {
    const { more: path, offset } = item.dataset;
    const found = await this.load(path, Number(offset)).catch(() => null);
    if (!found) return;
    const items = this.#items(path, found, Number(item.getAttribute("aria-level")), Number(offset));
    item.replaceWith(...items);
    this.#focus(items[0]);
  }

  #pressed(event) {
    const item = event.target.closest("[role=treeitem]");
    if (!item || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    const items = this.items;
    const at = items.indexOf(item);
    const isOpen = item.getAttribute("aria-expanded");
    const keys = {
      ArrowDown: () => this.#focus(items[at + 1]),
      ArrowUp: () => this.#focus(items[at - 1]),
      Home: () => this.#focus(items[0]),
      End: () => this.#focus(items.at(-1)),
      Enter: () => this.#act(item),
      " ": () => this.#act(item),
      ArrowRight: () => {
        if (isOpen === "false") this.#toggle(item, true);
        else if (isOpen === "true") this.#focus(item.querySelector("[role=treeitem]"));
      },
      ArrowLeft: () => {
        if (isOpen === "true") this.#toggle(item, false);
        else this.#focus(item.parentElement.closest("[role=treeitem]"));
      },
    };
    if (keys[event.key]) {
      this.typed = "";
      keys[event.key]();
    } else if (event.key.length === 1) this.#typeAhead(event.key, items, at);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  // The next line whose name begins with what is typed in one go.
  #typeAhead(letter, items, at) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => (this.typed = ""), FORGET_TYPED);
    this.typed += letter.toLocaleLowerCase();
    const from = this.typed.length === 1 ? at + 1 : at;
    const order = [...items.slice(from), ...items.slice(0, from)];
    const named = (item) => item.querySelector(".tree-name")?.textContent.toLocaleLowerCase().replace(/^\//, "") ?? "";
    this.#focus(order.find((item) => named(item).startsWith(this.typed)));
  }
}
