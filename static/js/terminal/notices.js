// Quiet lines below a terminal: what is being waited for, and what one can do about it.
export class Notices {
  constructor(element) {
    this.element = element;
    this.lines = new Map();
  }

  // One line of a kind at a time. `detail` changes often and is not read out each time.
  show(kind, { text, detail = "", buttons = [], quiet = false }) {
    const line = this.lines.get(kind) ?? this.#line(kind);
    line.root.classList.toggle("quiet", quiet);
    if (line.text.textContent !== text) line.text.textContent = text;
    line.detail.textContent = detail;
    const labels = buttons.map(([label]) => label).join("\n");
    if (line.labels === labels) return; // a button that is replaced loses the focus
    line.labels = labels;
    line.buttons.replaceChildren(...buttons.map(([label, action]) => this.#button(label, action)));
  }

  clear(kind) {
    this.lines.get(kind)?.root.remove();
    this.lines.delete(kind);
  }

  #line(kind) {
    const root = Object.assign(document.createElement("div"), { className: "notice" });
    root.dataset.notice = kind;
    const text = document.createElement("span");
    const detail = Object.assign(document.createElement("span"), { className: "detail" });
    detail.setAttribute("aria-hidden", "true");
    const buttons = Object.assign(document.createElement("span"), { className: "notice-buttons" });
    root.append(text, " ", detail, " ", buttons);
    this.element.append(root);
    const line = { root, text, detail, buttons, labels: "" };
    this.lines.set(kind, line);
    return line;
  }

  #button(label, action) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: label });
    button.addEventListener("click", action);
    return button;
  }
}
