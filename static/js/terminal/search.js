// The find bar: what was put out, up to where the scrollback goes.
import { foundColours } from "./theme.js";

export class FindBar {
  constructor(element, { current }) {
    this.element = element;
    this.current = current; // returns the view to search in
    this.field = element.querySelector("input");
    this.count = element.querySelector("[data-found]");
    this.case = element.querySelector("[data-case]");
    this.field.addEventListener("input", () => this.#find("previous", true));
    element.addEventListener("keydown", (event) => this.#key(event));
    this.case.addEventListener("click", () => {
      this.case.setAttribute("aria-pressed", !this.#caseSensitive);
      this.searched?.screen.search.clearDecorations(); // else it shows the marks of the same word again
      this.#find("previous", true);
    });
    element.querySelector("[data-previous]").addEventListener("click", () => this.#find("previous"));
    element.querySelector("[data-next-found]").addEventListener("click", () => this.#find("next"));
    element.querySelector("[data-close-find]").addEventListener("click", () => this.close());
  }

  get #caseSensitive() {
    return this.case.getAttribute("aria-pressed") === "true";
  }

  open() {
    const selected = this.current().terminal.getSelection();
    if (selected && !selected.includes("\n")) this.field.value = selected;
    this.element.hidden = false;
    this.field.focus();
    this.field.select();
    this.#find("previous", true);
  }

  close() {
    this.#leave();
    this.element.hidden = true;
    this.current().focus();
  }

  // Another terminal is looked at now.
  follow() {
    if (this.element.hidden) return;
    this.#leave();
    this.#find("previous", true);
  }

  #leave() {
    this.searched?.screen.search.clearDecorations();
    this.listening?.dispose();
    this.searched = null;
  }

  #find(direction, incremental = false) {
    const view = this.current();
    if (this.searched !== view) {
      this.#leave();
      this.searched = view;
      this.listening = view.screen.search.onDidChangeResults((results) => this.#show(results));
    }
    const { search } = view.screen;
    const options = { caseSensitive: this.#caseSensitive, incremental, decorations: foundColours() };
    if (!this.field.value) {
      search.clearDecorations();
      view.terminal.clearSelection();
      this.count.textContent = "";
    } else if (direction === "next") search.findNext(this.field.value, options);
    else search.findPrevious(this.field.value, options);
  }

  #show({ resultIndex, resultCount }) {
    const { none, some } = this.count.dataset;
    const index = resultIndex < 0 ? "–" : resultIndex + 1;
    if (!this.field.value) this.count.textContent = "";
    else this.count.textContent = resultCount ? some.replace("[n]", index).replace("[total]", resultCount) : none;
  }

  #key(event) {
    if (event.isComposing) return;
    if (event.key === "Enter" && event.target === this.field) {
      event.preventDefault();
      this.#find(event.shiftKey ? "previous" : "next");
    } else if (event.key === "Escape") {
      event.preventDefault();
      this.close();
    }
  }
}
