// A plain sentence when the host is near one of its limits.
const NEAR = 90; // percent
const MEGABYTES = new Set(["memory", "disk"]);

export class LimitsLine {
  constructor(element) {
    this.element = element;
  }

  show(usage = {}) {
    const sentences = Object.entries(usage)
      .filter(([, [share]]) => share >= NEAR)
      .map(([name, [share, limit]]) =>
        (this.element.dataset[name] ?? "")
          .replace("[share]", share)
          .replace("[limit]", MEGABYTES.has(name) ? Math.round(limit / (1 << 20)) : limit),
      );
    const text = sentences.join(" ");
    if (text !== this.element.textContent) this.element.textContent = text;
    this.element.hidden = !text;
  }
}
