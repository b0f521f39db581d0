// A websocket to a shell that comes back by itself, and loses and doubles nothing that was typed.
import { InputQueue } from "./input.js";
import { acknowledgeFrame, bytesOf, hangUpFrame, inputFrame, MAX_INPUT, parse, partFrame, resizeFrame, textOf } from "./protocol.js";

// The hub lets a page be 100,000 bytes behind; VS Code's terminal acknowledges every 5,000.
const ACKNOWLEDGE_EVERY = 5000;
const FIRST_WAIT = 500; // milliseconds
const LONGEST_WAIT = 10_000;
// What may wait in the socket, and what may be on its way until the hub confirms it, in bytes.
const MOST_BUFFERED = 64 << 10;
const MOST_IN_FLIGHT = 256 << 10;
// What may be typed while there is no connection, in bytes.
export const MOST_HELD = 4096;

const page = () => Array.from(crypto.getRandomValues(new Uint8Array(8)), (n) => n.toString(16).padStart(2, "0")).join("");

// `on` has a function for each thing that happens: state, welcome, output, ended, waiting, failed,
// busy, held, refused, dropped, doubtful, skipped, modes, company. `socket` is where to connect, with
// what it is asked beside the usual.
export class Connection {
  constructor(name, size, on, { path = `/ws/terminal/${name}/`, query = {} } = {}) {
    Object.assign(this, { name, path, query });
    this.size = size;
    this.on = on;
    this.page = page();
    this.queue = new InputQueue();
    this.shell = null; // which one it was, to know it again
    this.position = null; // bytes received since the shell started; null before the first welcome
    this.liveFrom = 0;
    this.parsed = 0;
    this.acknowledged = 0;
    this.attempt = 0;
    this.over = false; // the shell has ended, or the page needs it no more
    this.ready = false; // from the hub's welcome to the socket's end
    this.wake = () => document.visibilityState === "visible" && this.tryNow();
    this.online = () => this.#networkIsBack();
    window.addEventListener("online", this.online);
    document.addEventListener("visibilitychange", this.wake);
    this.open();
  }

  open() {
    clearTimeout(this.timer);
    const { cols, rows } = this.size();
    const query = new URLSearchParams({ ...this.query, columns: cols, rows, page: this.page });
    if (this.position !== null) query.set("after", this.position);
    if (this.shell !== null) query.set("shell", this.shell);
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}${this.path}?${query}`);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.ready = false;
    this.retryAt = null;
    this.on.state("connecting");
    socket.onmessage = ({ data }) => socket === this.socket && this.#received(parse(data));
    socket.onclose = () => socket === this.socket && this.#closed();
  }

  // Connect at once instead of waiting; does nothing while connected or connecting.
  tryNow() {
    if (this.retryAt !== null && !this.over) this.open();
  }

  // Forget the old shell and start another.
  restart() {
    this.#drop();
    this.shell = null;
    this.position = null;
    this.over = false;
    this.attempt = 0;
    this.#letGo();
    this.open();
  }

  // The page needs this terminal no more.
  dispose() {
    this.over = true;
    clearTimeout(this.timer);
    this.#letGo();
    window.removeEventListener("online", this.online);
    document.removeEventListener("visibilitychange", this.wake);
  }

  // Input; returns false if it was refused.
  type(data) {
    const bytes = bytesOf(data);
    if (!this.ready && this.queue.unsent + bytes.length > MOST_HELD) {
      this.on.refused();
      return false;
    }
    this.queue.push(bytes);
    if (this.ready) this.#pump();
    else this.#tellHeld();
    return true;
  }

  // What xterm.js answers to queries in replayed output was answered when it was live.
  get replaying() {
    return this.ready && this.parsed < this.liveFrom;
  }

  resize({ cols, rows }) {
    this.#send(resizeFrame(cols, rows));
  }

  // Ask the hub to end the shell; `on.busy` if it runs a program, unless forced.
  hangUp(force = false) {
    return this.#send(hangUpFrame(force));
  }

  // Take part in another's terminal, or let somebody take part.
  takePart(document) {
    return this.#send(partFrame(document));
  }

  // To be given to the screen with each output: called once it has been parsed.
  parsedBy(length) {
    const socket = this.socket;
    return () => {
      if (socket !== this.socket) return; // parsed for a connection that is gone
      this.parsed += length;
      if (this.parsed - this.acknowledged >= ACKNOWLEDGE_EVERY || this.parsed === this.position) {
        this.acknowledged = this.parsed;
        this.#send(acknowledgeFrame(this.parsed));
      }
    };
  }

  #received({ kind, payload, json, number }) {
    if (kind === "o") {
      this.position += payload.length;
      this.on.output(payload, this.parsedBy(payload.length));
    } else if (kind === "c") {
      this.queue.confirm(number());
      this.#pump();
    } else if (kind === "w") this.#welcome(json());
    else if (kind === "m") this.on.modes(payload);
    else if (kind === "v") this.on.company(json());
    else if (kind === "k") this.#skipped(json());
    else if (kind === "s") this.on.waiting(json());
    else if (kind === "b") this.on.busy(json());
    else if (kind === "x") this.#ended(json());
    else if (kind === "e") this.#failed(json());
  }

  #welcome(document) {
    const { start, live, shell, input } = document;
    if (this.shell === shell) {
      if (!this.queue.resume(input)) {
        const doubtful = this.queue.keepUnsent();
        if (doubtful.length) this.on.doubtful(textOf(doubtful));
      }
    } else if (this.shell !== null) this.#drop();
    this.shell = shell;
    this.position = this.parsed = this.acknowledged = start;
    this.liveFrom = live;
    this.attempt = 0;
    this.ready = true;
    this.on.welcome(document);
    this.resize(this.size());
    this.#pump();
    this.#tellHeld();
  }

  // This page was too slow for what is kept: it goes on where that begins.
  #skipped({ start, live }) {
    this.position = this.parsed = this.acknowledged = start;
    this.liveFrom = live;
    this.on.skipped();
  }

  #pump() {
    clearTimeout(this.pumping);
    const { queue, socket } = this;
    if (!this.ready) return;
    while (queue.unsent && queue.inFlight < MOST_IN_FLIGHT) {
      if (socket.bufferedAmount > MOST_BUFFERED) {
        this.pumping = setTimeout(() => this.#pump(), 10); // browsers tell nobody when it has room
        break;
      }
      this.#send(inputFrame(queue.take(MAX_INPUT)));
    }
    this.on.sending(queue.unsent);
  }

  #send(frame) {
    const can = this.ready && this.socket?.readyState === WebSocket.OPEN;
    if (can) this.socket.send(frame);
    return can;
  }

  #ended(document) {
    this.over = true;
    this.queue.clear();
    this.on.ended(document);
  }

  #failed(document) {
    if (document.code === "gone") {
      this.#drop();
      this.position = this.shell = null;
      this.attempt = 0;
    }
    this.on.failed(document);
  }

  // What was typed for a shell that is gone must not reach another one.
  #drop() {
    const dropped = textOf(this.queue.dropUnsent());
    this.queue.clear();
    if (dropped) this.on.dropped(dropped);
    this.#tellHeld();
  }

  #tellHeld() {
    this.on.held(this.ready ? "" : textOf(this.queue.peekUnsent(MOST_HELD)));
  }

  // After a change of network the old socket may hang for minutes before anybody notices; another one
  // loses nothing.
  #networkIsBack() {
    if (this.over) return;
    this.#letGo();
    this.open();
  }

  #letGo() {
    const old = this.socket;
    this.socket = null;
    this.ready = false;
    old?.close();
  }

  #closed() {
    this.ready = false;
    if (this.over) return;
    // Jitter: a class that lost its server must not come back all at the same moment.
    const wait = Math.min(FIRST_WAIT * 2 ** this.attempt, LONGEST_WAIT) * (0.5 + Math.random() / 2);
    this.attempt += 1;
    this.retryAt = Date.now() + wait;
    this.timer = setTimeout(() => this.open(), wait);
    this.on.state("lost");
  }
}
