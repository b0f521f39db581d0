// Plain sentences when the host is near one of its limits, and when its time is nearly over.
const NEAR = 90; // percent
const UNITS = { memory: [1 << 20, 0], disk: [2 ** 30, 1], io: [1 << 20, 0] }; // bytes, decimals

export class LimitsLine {
  constructor(element) {
    this.element = element;
    this.words = element.dataset;
    this.near = "";
    this.ending = "";
  }

  show(usage = {}) {
    const near = Object.entries(usage).filter(([, { share }]) => share >= NEAR);
    const sentences = near.map(([name, facts]) => this.#sentence(name, facts));
    // Files and bytes have the same remedy: said once.
    if (near.some(([name]) => name === "disk" || name === "inodes")) sentences.push(this.#prune(usage.disk.frees));
    this.near = sentences.join(" ");
    this.#draw();
  }

  ends(when) {
    this.ending = when ? fill(this.words.ends, when) : "";
    this.#draw();
  }

  // A fresh host is near nothing.
  forget() {
    this.near = this.ending = "";
    this.#draw();
  }

  #sentence(name, { share, limit, used = 0, full = false, percent = 0 }) {
    const [unit, decimals] = UNITS[name] ?? [1, 0];
    const number = (value) => (value / unit).toLocaleString(document.documentElement.lang, { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
    const words = (full && this.words[`${name}Full`]) || this.words[name] || "";
    return fill(words, { share, percent, limit: number(limit), used: number(Math.min(used, limit)) });
  }

  #prune(frees = 0) {
    const megabytes = Math.round(frees / (1 << 20));
    return megabytes ? fill(this.words.frees, { megabytes }) : this.words.freesNothing;
  }

  #draw() {
    const text = [this.ending, this.near].filter(Boolean).join(" ");
    if (text !== this.element.textContent) this.element.textContent = text;
    this.element.hidden = !text;
  }
}

function fill(words, values) {
  return words.replace(/\[(\w+)\]/g, (whole, name) => values[name] ?? whole);
}
