// The row of tabs, after the ARIA pattern: one tab stop, arrows move, Delete closes, F2 renames.
export class TabRow {
  constructor(element, on) {
    this.element = element;
    this.words = element.dataset;
    this.on = on; // select, enter, close, rename: each with a terminal's name
    this.element.addEventListener("keydown", (event) => this.#key(event));
  }

  // `tabs`: {name, title, panel, selected, shown, marked, recorded}. Tabs are kept, so that focus stays.
  draw(tabs) {
    const kept = new Map([...this.element.children].map((item) => [item.dataset.name, item]));
    const items = tabs.map((tab) => this.#update(kept.get(tab.name) ?? this.#make(tab.name), tab));
    for (const item of kept.values()) if (!items.includes(item)) item.remove();
    items.forEach((item, index) => {
      if (this.element.children[index] !== item) this.element.insertBefore(item, this.element.children[index] ?? null);
    });
    const { name } = tabs.find(({ selected }) => selected) ?? {};
    if (name !== this.seen) this.#bringIntoSight(name);
  }

  focus() {
    this.element.querySelector('[aria-selected="true"]')?.focus();
  }

  // Within the row only: scrollIntoView would move the page as well.
  #bringIntoSight(name) {
    const item = [...this.element.children].find((one) => one.dataset.name === name);
    if (!item) return;
    this.seen = name;
    const { offsetLeft, offsetWidth } = item;
    const { scrollLeft, clientWidth } = this.element;
    if (offsetLeft < scrollLeft) this.element.scrollLeft = offsetLeft;
    else if (offsetLeft + offsetWidth > scrollLeft + clientWidth) this.element.scrollLeft = offsetLeft + offsetWidth - clientWidth;
  }

  #make(name) {
    const item = Object.assign(document.createElement("span"), { className: "shell-tab" });
    item.setAttribute("role", "presentation");
    item.dataset.name = name;
    const tab = Object.assign(document.createElement("button"), { type: "button", id: `shell-tab-${name}` });
    tab.setAttribute("role", "tab");
    tab.addEventListener("click", () => this.on.enter(name));
    tab.addEventListener("dblclick", () => this.on.rename(name));
    // For the mouse alone: with keys it is Delete, and a tab list may hold nothing but tabs.
    const close = Object.assign(document.createElement("button"), { type: "button", className: "shell-close", textContent: "×", tabIndex: -1 });
    close.setAttribute("aria-hidden", "true");
    close.title = this.words.close;
    close.addEventListener("click", () => this.on.close(name));
    item.append(tab, close);
    return item;
  }

  #update(item, { title, panel, selected, shown, marked, recorded }) {
    const tab = item.firstElementChild;
    if (tab.textContent !== title) tab.textContent = title;
    tab.setAttribute("aria-selected", selected);
    tab.setAttribute("aria-controls", panel);
    tab.setAttribute("aria-description", [marked && this.words.rang, recorded && this.words.records].filter(Boolean).join(", "));
    tab.tabIndex = selected ? 0 : -1;
    item.classList.toggle("selected", selected);
    item.classList.toggle("shown", shown);
    item.classList.toggle("marked", marked);
    item.classList.toggle("recorded", recorded);
    return item;
  }

  #key(event) {
    const name = event.target.closest("[data-name]")?.dataset.name;
    if (!name || event.ctrlKey || event.altKey || event.metaKey) return;
    const names = [...this.element.children].map((item) => item.dataset.name);
    const index = names.indexOf(name);
    const target = {
      ArrowRight: names[(index + 1) % names.length],
      ArrowLeft: names[(index - 1 + names.length) % names.length],
      Home: names[0],
      End: names.at(-1),
    }[event.key];
    if (target) {
      this.on.select(target);
      this.focus();
    } else if (event.key === "Delete") this.on.close(name);
    else if (event.key === "F2") this.on.rename(name);
    else if (event.key === "ArrowDown" || event.key === "Enter") this.on.enter(name);
    else return;
    event.preventDefault();
  }
}
