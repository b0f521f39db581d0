// The terminal's menu, at its button or where somebody asks for a context menu.
export class Menu {
  // `state(action)` returns {disabled, checked} for an item.
  constructor(element, { run, state }) {
    Object.assign(this, { element, run, state });
    this.items = [...element.querySelectorAll("[data-action]")];
    element.addEventListener("click", (event) => {
      const item = event.target.closest("[data-action]");
      if (item && item.getAttribute("aria-disabled") !== "true") this.#choose(item.dataset.action);
    });
    element.addEventListener("keydown", (event) => this.#key(event));
    element.addEventListener("focusout", ({ relatedTarget }) => {
      if (relatedTarget && !element.contains(relatedTarget)) this.hide();
    });
    document.addEventListener("pointerdown", ({ target }) => {
      if (!element.contains(target) && !target.closest("[aria-haspopup=menu]")) this.hide();
    });
  }

  get open() {
    return !this.element.hidden;
  }

  // At a point of the window, moved so that all of it can be seen. `opener` gets the focus back.
  show(x, y, opener) {
    this.opener = opener;
    for (const item of this.items) {
      const { disabled = false, checked } = this.state(item.dataset.action);
      item.setAttribute("aria-disabled", disabled);
      if (checked !== undefined) item.setAttribute("aria-checked", checked);
    }
    this.element.hidden = false;
    opener?.setAttribute("aria-expanded", "true");
    const { width, height } = this.element.getBoundingClientRect();
    this.element.style.left = `${Math.max(4, Math.min(x, innerWidth - width - 4))}px`;
    this.element.style.top = `${Math.max(4, Math.min(y, innerHeight - height - 4))}px`;
    this.#usable()[0]?.focus();
  }

  hide() {
    if (!this.open) return;
    this.element.hidden = true;
    this.opener?.setAttribute("aria-expanded", "false");
  }

  #usable() {
    return this.items.filter((item) => item.getAttribute("aria-disabled") !== "true" && item.offsetParent);
  }

  #choose(action) {
    this.hide();
    this.opener?.focus();
    this.run(action);
  }

  #key(event) {
    const items = this.#usable();
    const index = items.indexOf(document.activeElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) items[(index + step + items.length) % items.length].focus();
    else if (event.key === "Home") items[0].focus();
    else if (event.key === "End") items.at(-1).focus();
    else if (event.key === "Escape" || event.key === "Tab") {
      this.hide();
      this.opener?.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
