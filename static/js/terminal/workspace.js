// All terminals of the page: which there are, which are seen, and what a key or button does.
import { ask } from "./dialogs.js";
import { store, stored } from "./settings.js";
import { TabRow } from "./tabs.js";
import { TerminalView } from "./view.js";

const KEPT = "terminals";
const NAME = /^[a-z0-9-]{1,32}$/;
const MOST_TERMINALS = 16; // as many as the hub gives to one host
const SPLIT_FROM = 600; // pixels: two terminals of 80 columns never fit below that

export class Workspace {
  // `events`: status, changed, commanded and removing; `onView` is called once with every new view.
  constructor(element, { settings, events, onView }) {
    Object.assign(this, { element, settings, events, onView });
    this.words = element.dataset;
    this.slots = element.querySelector("[data-slots]");
    this.template = element.querySelector("[data-slot-template]");
    this.views = []; // in the order of their tabs
    this.shown = []; // one or two of them, left to right
    this.active = null;
    this.marked = new Set(); // those whose bell rang unseen
    this.host = null;
    this.tabs = new TabRow(element.querySelector("[data-shell-tabs]"), {
      select: (name) => this.select(this.#named(name)),
      enter: (name) => this.select(this.#named(name), { focus: true }),
      close: (name) => this.#named(name).close(),
      rename: (name) => this.rename(this.#named(name)),
    });
    this.kept = stored(KEPT, {});
    const first = [this.kept.active, this.kept.tabs?.[0]?.name].find((name) => NAME.test(name ?? ""));
    this.select(this.#add(first ?? "main"));
    new ResizeObserver(() => this.#draw()).observe(this.slots);
  }

  // A further terminal; does nothing if there are as many as there may be.
  add({ beside = false } = {}) {
    if (this.views.length >= MOST_TERMINALS) return;
    const taken = this.views.map(({ name }) => name);
    let number = 2;
    while (taken.includes(`t${number}`)) number += 1;
    const view = this.#add(`t${number}`);
    if (beside) this.shown = [this.active, view];
    this.select(view, { focus: true });
  }

  select(view, { focus = false } = {}) {
    if (!this.shown.includes(view)) {
      // In a split view it takes the place of the one that was worked in.
      const place = Math.max(0, this.shown.indexOf(this.active));
      this.shown[place] = view;
    }
    this.active = view;
    this.marked.delete(view);
    this.#draw();
    this.#keep();
    this.events.status(view);
    this.events.changed();
    this.events.commanded(view);
    if (focus) view.focus();
  }

  step(by) {
    const { length } = this.views;
    this.select(this.views[(this.views.indexOf(this.active) + by + length) % length], { focus: true });
  }

  // Side by side, or one alone again.
  split() {
    if (this.shown.length === 2) {
      this.shown = [this.active];
      this.select(this.active, { focus: true });
      return;
    }
    const other = this.views[this.views.indexOf(this.active) + 1] ?? this.views.find((view) => view !== this.active);
    if (!other) this.add({ beside: true });
    else {
      this.shown = [this.active, other];
      this.select(other, { focus: true });
    }
  }

  async rename(view) {
    const dialog = this.element.querySelector("[data-rename-dialog]");
    const field = dialog.querySelector("input");
    field.value = view.title;
    field.select();
    const choice = await ask(dialog);
    const title = field.value.trim();
    if (choice === "rename" && title) view.rename(title);
    this.#draw();
    this.#keep();
  }

  // After the host was thrown away: one shell on the fresh one.
  freshHost() {
    for (const view of this.views.filter((other) => other !== this.active)) this.#remove(view);
    this.active.restart();
  }

  redraw() {
    this.#draw();
  }

  refit() {
    for (const view of this.shown) view.refit();
  }

  #named(name) {
    return this.views.find((view) => view.name === name);
  }

  #add(name, title) {
    const slot = this.template.content.firstElementChild.cloneNode(true);
    slot.id = `shell-${name}`;
    slot.hidden = true;
    slot.setAttribute("aria-labelledby", `shell-tab-${name}`);
    this.slots.append(slot);
    const number = name === "main" ? 1 : Number(name.replace(/\D/g, "")) || name;
    const view = new TerminalView(slot, {
      name,
      title: title ?? this.words.shellTitle.replace("[n]", number),
      settings: this.settings,
      words: this.words,
      events: {
        status: (which) => which === this.active && this.events.status(which),
        welcome: (which, welcome) => this.#welcome(welcome),
        removed: (which) => this.#removed(which),
        rang: (which) => this.#rang(which),
        commanded: (which) => which === this.active && this.events.commanded(which),
        askBusy: (program) => this.#askBusy(program),
      },
    });
    slot.addEventListener("focusin", () => view !== this.active && this.views.includes(view) && this.select(view));
    this.views.push(view);
    this.onView(view);
    return view;
  }

  // The hub says which terminals the host has: those of a former visit come back.
  #welcome({ host, terminals }) {
    const same = host === (this.host ?? this.kept.host);
    const tabs = same ? (this.kept.tabs ?? []) : [];
    const first = this.host === null;
    this.host = host;
    for (const { name, title } of tabs) if (title) this.#named(name)?.rename(title);
    for (const name of terminals.filter((one) => NAME.test(one) && !this.#named(one))) {
      this.#add(name, tabs.find((tab) => tab.name === name)?.title);
    }
    if (first) {
      const order = tabs.map(({ name }) => name);
      const place = (view) => (order.includes(view.name) ? order.indexOf(view.name) : order.length);
      this.views.sort((a, b) => place(a) - place(b));
      const shown = (same ? (this.kept.shown ?? []) : []).map((name) => this.#named(name)).filter(Boolean);
      if (shown.length && shown.includes(this.active)) this.shown = shown.slice(0, 2);
    }
    this.#draw();
    this.#keep();
  }

  #rang(view) {
    if (this.shown.includes(view) && !view.slot.hidden) return;
    this.marked.add(view);
    this.#draw();
  }

  async #askBusy(program) {
    const dialog = this.element.querySelector("[data-busy-dialog]");
    const sentence = dialog.querySelector("[data-busy]");
    sentence.textContent = sentence.dataset.busy.replace("[program]", program);
    return (await ask(dialog)) === "close";
  }

  #removed(view) {
    if (this.views.length === 1) view.restart(); // there is always one
    else this.#remove(view);
  }

  #remove(view) {
    const index = this.views.indexOf(view);
    const focused = view === this.active;
    this.events.removing(view);
    this.views.splice(index, 1);
    this.shown = this.shown.filter((other) => other !== view);
    this.marked.delete(view);
    if (focused) this.active = null;
    view.dispose();
    if (focused) this.select(this.shown[0] ?? this.views[Math.min(index, this.views.length - 1)], { focus: true });
    this.#draw();
    this.#keep();
  }

  #draw() {
    const splits = this.shown.length === 2 && this.slots.clientWidth >= SPLIT_FROM;
    const seen = splits ? this.shown : [this.active];
    this.slots.classList.toggle("split", splits);
    for (const view of this.views) {
      view.slot.hidden = !seen.includes(view);
      view.slot.style.order = this.shown.indexOf(view);
      view.slot.toggleAttribute("data-active", view === this.active);
    }
    this.tabs.draw(
      this.views.map((view) => ({
        name: view.name,
        title: view.title,
        panel: view.slot.id,
        selected: view === this.active,
        shown: seen.includes(view),
        marked: this.marked.has(view),
        recorded: view.recorder !== null,
      })),
    );
  }

  #keep() {
    if (!this.host) return;
    const tabs = this.views.map(({ name, title }) => ({ name, title }));
    this.kept = { host: this.host, tabs, shown: this.shown.map(({ name }) => name), active: this.active?.name };
    store(KEPT, this.kept);
  }
}
