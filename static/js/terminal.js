// A terminal in the page: xterm.js, and a websocket that comes back by itself.
import { Terminal } from "../vendor/xterm/xterm.mjs";
import { FitAddon } from "../vendor/xterm/addon-fit.mjs";
import { UnicodeGraphemesAddon } from "../vendor/xterm/addon-graphemes.mjs";
import { WebLinksAddon } from "../vendor/xterm/addon-web-links.mjs";
import { WebglAddon } from "../vendor/xterm/addon-webgl.mjs";
import { acknowledgeFrame, inputFrames, parse, resizeFrame } from "./protocol.js";

// The hub lets a page be 100,000 bytes behind; VS Code's terminal acknowledges every 5,000.
const ACKNOWLEDGE_EVERY = 5000;
const BACK_OFF = [250, 500, 1000, 2000, 5000];

const DARK = { background: "#0a0e14", foreground: "#d6dee9", cursor: "#6ea8ff", selectionBackground: "#2f4a73" };

export class TerminalView {
  constructor(element, { name = "main", onStatus = () => {} } = {}) {
    this.element = element;
    this.words = element.dataset;
    this.name = name;
    this.onStatus = onStatus;
    this.position = null; // bytes received since the shell started; null before the first welcome
    this.acknowledged = 0;
    this.liveFrom = 0;
    this.parsed = 0;
    this.attempt = 0;
    this.ended = false;
    this.socket = null;
    this.waiting = []; // typed before the terminal was there
    this.#makeTerminal();
    this.connect();
  }

  #makeTerminal() {
    const terminal = new Terminal({
      allowProposedApi: true,
      cursorBlink: true,
      fontFamily: getComputedStyle(document.documentElement).getPropertyValue("--mono"),
      fontSize: 14,
      scrollback: 10000,
      theme: DARK,
      macOptionIsMeta: true,
    });
    this.terminal = terminal;
    this.fit = new FitAddon();
    terminal.loadAddon(this.fit);
    terminal.loadAddon(new UnicodeGraphemesAddon());
    terminal.loadAddon(new WebLinksAddon());
    terminal.open(this.element);
    terminal.textarea.setAttribute("aria-label", this.words.label);
    this.#useWebgl();
    terminal.onData((data) => this.#typed(data));
    terminal.onBinary((data) => this.#typed(Uint8Array.from(data, (c) => c.charCodeAt(0))));
    terminal.onResize(({ cols, rows }) => this.#send(resizeFrame(cols, rows)));
    terminal.attachCustomKeyEventHandler((event) => this.#shortcut(event));
    new ResizeObserver(() => this.refit()).observe(this.element);
    this.refit();
  }

  #useWebgl() {
    try {
      const webgl = new WebglAddon();
      webgl.onContextLoss(() => webgl.dispose()); // xterm.js then draws with the DOM
      this.terminal.loadAddon(webgl);
    } catch {
      // No WebGL here: the DOM renderer is the default.
    }
  }

  // Copy and paste as people expect it: Ctrl-Shift-C and -V as in terminals, and plain Ctrl-C where
  // something is selected and Ctrl-V as everywhere else. False keeps the key from the shell.
  #shortcut(event) {
    if (event.type !== "keydown" || !event.ctrlKey || event.altKey || event.metaKey) return true;
    if (event.code === "KeyV") return false; // the browser pastes, which xterm.js listens for
    if (event.code !== "KeyC" || (!event.shiftKey && !this.terminal.hasSelection())) return true;
    event.preventDefault(); // else Ctrl-Shift-C opens a browser's inspector
    if (this.terminal.hasSelection()) {
      navigator.clipboard?.writeText(this.terminal.getSelection());
      this.terminal.clearSelection();
    }
    return false;
  }

  refit() {
    // A hidden element has no size, and a terminal of 2 columns would garble what is in it.
    if (this.element.offsetParent && this.element.clientHeight > 20) this.fit.fit();
  }

  focus() {
    this.terminal.focus();
  }

  // Type text as if from the keyboard.
  type(text) {
    this.#typed(text);
  }

  connect() {
    clearTimeout(this.timer);
    const { cols, rows } = this.terminal;
    const query = new URLSearchParams({ columns: cols, rows });
    if (this.position !== null) {
      query.set("after", this.position);
      query.set("shell", this.shell);
    }
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/ws/terminal/${this.name}/?${query}`);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.ready = false; // until the hub says welcome: what is typed before then waits here
    this.#status("connecting");
    socket.onmessage = ({ data }) => socket === this.socket && this.#received(parse(data));
    socket.onclose = () => socket === this.socket && this.#closed();
  }

  // Forget the old shell, as after a fresh host.
  restart() {
    this.position = null;
    this.ended = false;
    this.attempt = 0;
    const old = this.socket;
    this.socket = null;
    old?.close();
    this.connect();
  }

  #status(state, text = this.words[state] ?? "") {
    this.state = state;
    this.onStatus(state, text);
  }

  #received({ kind, payload, json }) {
    if (kind === "o") this.#output(payload);
    else if (kind === "w") this.#welcome(json());
    else if (kind === "s") this.#waitingFor(json());
    else if (kind === "x") this.#exited();
    else if (kind === "e") this.#failed(json());
  }

  #welcome({ start, live, resumed, shell }) {
    this.shell = shell;
    if (!resumed) this.terminal.reset();
    this.position = start;
    this.parsed = start;
    this.acknowledged = start;
    this.liveFrom = live;
    this.attempt = 0;
    this.ended = false;
    this.ready = true;
    this.#status("connected", "");
    this.#send(resizeFrame(this.terminal.cols, this.terminal.rows));
    for (const frame of this.waiting.splice(0)) this.#send(frame);
  }

  #output(bytes) {
    this.position += bytes.length;
    const socket = this.socket;
    this.terminal.write(bytes, () => {
      if (socket !== this.socket) return; // parsed for a connection that is gone
      this.parsed += bytes.length;
      if (this.parsed - this.acknowledged >= ACKNOWLEDGE_EVERY || this.parsed === this.position) {
        this.acknowledged = this.parsed;
        this.#send(acknowledgeFrame(this.parsed));
      }
    });
  }

  #typed(data) {
    // What xterm.js answers to queries in replayed output was answered when it was live.
    if (this.ready && this.parsed < this.liveFrom) return;
    if (this.ended) {
      if (data === "\r" || data === "\n") this.restart();
      return;
    }
    for (const frame of inputFrames(data)) {
      if (this.ready && this.socket?.readyState === WebSocket.OPEN) this.socket.send(frame);
      else if (this.waiting.length < 64) this.waiting.push(frame);
    }
  }

  #send(frame) {
    if (this.ready && this.socket?.readyState === WebSocket.OPEN) this.socket.send(frame);
  }

  #waitingFor({ state, message, position, limit }) {
    const words = this.words[state]?.replace("[n]", position).replace("[limit]", limit);
    if (words) this.#status(state, words);
    else this.#status("refused", `${this.words.refused} ${message}`);
  }

  #exited() {
    this.ended = true;
    this.terminal.write(`\r\n\x1b[2m${this.words.ended}\x1b[0m\r\n`);
    this.#status("ended");
  }

  #failed({ code, message }) {
    if (code === "gone") {
      this.position = null;
      this.waiting = [];
      this.attempt = 0;
      this.#status("gone");
    } else {
      this.#status("refused", `${this.words.refused} ${message}`);
    }
  }

  #closed() {
    this.ready = false;
    if (this.ended) return;
    const wait = BACK_OFF[Math.min(this.attempt, BACK_OFF.length - 1)];
    this.attempt += 1;
    if (this.state === "connected" || this.state === "connecting") this.#status("lost");
    this.timer = setTimeout(() => this.connect(), wait);
  }
}
