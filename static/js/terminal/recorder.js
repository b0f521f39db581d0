// Recording a terminal in the browser, as an asciicast of version 2: a line of JSON about it, then one
// for each piece of output with the seconds since the start. What is typed is recorded only as far as
// the terminal shows it.
const MOST = 20 << 20; // characters; a film of that size plays for hours

export class Recorder {
  constructor(view, { onFull }) {
    this.view = view;
    this.onFull = onFull;
    this.started = performance.now();
    this.created = Date.now();
    this.decoder = new TextDecoder(); // a character may be cut between two pieces
    this.length = 0;
    const { cols, rows } = view.terminal;
    this.lines = [JSON.stringify({ version: 2, width: cols, height: rows, timestamp: Math.floor(this.created / 1000), title: view.title, env: { TERM: "xterm-256color" } })];
    this.#add("o", this.#screen());
  }

  get seconds() {
    return (performance.now() - this.started) / 1000;
  }

  output(bytes) {
    this.#add("o", this.decoder.decode(bytes, { stream: true }));
  }

  resize({ cols, rows }) {
    this.#add("r", `${cols}x${rows}`);
  }

  // {title, created, seconds, cast}
  finish() {
    const { title } = this.view;
    return { title, created: this.created, seconds: this.seconds, cast: `${this.lines.join("\n")}\n` };
  }

  #add(kind, text) {
    if (!text || this.length > MOST) return;
    const line = JSON.stringify([Number(this.seconds.toFixed(6)), kind, text]);
    this.lines.push(line);
    this.length += line.length;
    if (this.length > MOST) this.onFull();
  }

  // What is seen at the start, without its colours.
  #screen() {
    const { active } = this.view.terminal.buffer;
    const rows = [];
    for (let y = 0; y < this.view.terminal.rows; y += 1) rows.push(active.getLine(active.baseY + y)?.translateToString(true) ?? "");
    return `\x1b[H\x1b[2J${rows.join("\r\n")}\x1b[${active.cursorY + 1};${active.cursorX + 1}H`;
  }
}

export function clock(seconds) {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

export function saveCast({ title, created, cast }) {
  const stamp = new Date(created).toISOString().slice(0, 19).replace(/[:T]/g, "-");
  const link = Object.assign(document.createElement("a"), {
    href: URL.createObjectURL(new Blob([cast], { type: "application/x-asciicast" })),
    download: `${title.replace(/[^\p{L}\p{N}._-]+/gu, "-")}-${stamp}.cast`,
  });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
