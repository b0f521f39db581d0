// One terminal in the page: a screen, the connection to its shell, and what there is to say of it.
import { Company } from "./company.js";
import { Connection } from "./connection.js";
import { Notices } from "./notices.js";
import { bytesOf } from "./protocol.js";
import { ANSWER, muteQueries } from "./replay.js";
import { Screen } from "./screen.js";
import { printable } from "./text.js";
import { followTyped } from "./typed.js";

const PASTE_SHOWN_FROM = 64 << 10; // bytes; shorter ones are there before anybody could read of them
const WAITS = new Set(["making", "waiting", "network"]); // for a host, in words of the page
// What xterm.js reports by itself: focus and mouse. Nobody typed it, so it does not wait.
const REPORT = /^\x1b\[([IO]$|<|M)/;

// `events` has a function for each thing that others want to know: status, welcome, removed, rang,
// commanded, askBusy. A guest's view has a `socket` of its own, and draws in the student's size.
export class TerminalView {
  constructor(slot, { name, title, settings, words, events, socket, guest = false }) {
    this.guest = guest;
    Object.assign(this, { slot, name, words, events });
    this.notices = new Notices(slot.querySelector("[data-notices]"));
    this.screen = new Screen(slot.querySelector("[data-terminal]"), settings, words.label, { fits: !guest });
    this.terminal = this.screen.terminal;
    this.state = "connecting";
    this.ended = false;
    this.closing = false;
    this.recorder = null;
    this.command = ""; // the last docker line typed at the prompt
    this.rename(title);
    this.transform = (data) => data; // what a held key of the key bar makes of the next one
    this.terminal.onData((data) => this.#typed(this.transform(data)));
    this.terminal.onBinary((data) => this.#typed(Uint8Array.from(data, (c) => c.charCodeAt(0))));
    this.terminal.onResize((size) => this.#resized(size));
    this.terminal.onBell(() => this.events.rang(this));
    followTyped(this.terminal, (line) => {
      this.command = line;
      this.events.commanded(this);
    });
    this.company = new Company(this);
    this.connection = new Connection(name, () => this.screen.size, this.#handlers(), socket);
    muteQueries(this.terminal, () => this.connection.replaying);
  }

  rename(title) {
    this.title = title;
    this.screen.label(`${this.words.label}: ${title}`);
  }

  focus() {
    this.terminal.focus();
  }

  refit() {
    this.screen.refit();
  }

  // Type text as if from the keyboard.
  type(text) {
    this.#typed(text);
  }

  // A key that is no keyboard's.
  press(data) {
    this.terminal.scrollToBottom();
    this.#typed(data);
  }

  // A new shell, as after exit or with a fresh host.
  restart() {
    this.ended = this.closing = false;
    this.notices.clear("ended");
    this.connection.restart();
  }

  // End the shell; a program in it is asked about first.
  close() {
    if (this.ended) {
      this.events.removed(this);
      return;
    }
    this.closing = true;
    if (!this.connection.hangUp()) {
      this.closing = false;
      this.notices.show("close", { text: this.words.cannotClose, buttons: [this.#dismiss("close")] });
    }
  }

  dispose() {
    clearInterval(this.countdown);
    this.connection.dispose();
    this.screen.dispose();
    this.slot.remove();
  }

  #handlers() {
    return {
      state: (state) => this.#connectionState(state),
      welcome: (welcome) => this.#welcome(welcome),
      output: (bytes, parsed) => {
        this.recorder?.output(bytes);
        this.terminal.write(bytes, parsed);
      },
      ended: () => this.#exited(),
      waiting: (what) => this.#waiting(what),
      failed: ({ code, message }) => {
        if (code === "gone") this.#status("gone");
        else this.#waiting({ state: code, message });
      },
      busy: async ({ program }) => {
        this.closing = await this.events.askBusy(program);
        if (this.closing) this.connection.hangUp(true);
      },
      held: (text) => this.#held(text),
      sending: (unsent) => this.#sending(unsent),
      skipped: () => this.terminal.reset(),
      modes: (bytes) => this.terminal.write(bytes),
      company: (company) => this.company.show(company),
      refused: () => this.#tell("refused", this.words.tooMuchHeld),
      dropped: (text) => this.#tell("dropped", this.words.dropped, printable(text)),
      doubtful: (text) => this.#tell("dropped", this.words.doubtful, printable(text)),
    };
  }

  #status(state, text = this.words[state] ?? "") {
    this.state = state;
    this.statusText = text;
    this.events.status(this);
  }

  #connectionState(state) {
    if (state === "lost") {
      if (this.state === "connected" || this.state === "connecting") this.#status("lost");
      clearInterval(this.countdown);
      this.countdown = setInterval(() => this.#showCountdown(), 500);
      this.#showCountdown();
    } else if (this.state !== "lost") this.#status(state);
  }

  #showCountdown() {
    const { retryAt } = this.connection;
    if (retryAt === null) return;
    const seconds = Math.max(0, Math.ceil((retryAt - Date.now()) / 1000));
    this.notices.show("lost", {
      text: this.words.lostLine,
      detail: this.words.retry.replace("[seconds]", seconds),
      buttons: [[this.words.tryNow, () => this.connection.tryNow()]],
    });
  }

  #welcome(welcome) {
    clearInterval(this.countdown);
    for (const kind of ["lost", "close", "refused"]) this.notices.clear(kind);
    if (!welcome.resumed) this.terminal.reset();
    this.ended = false;
    this.company.forget();
    this.#status("connected", "");
    this.events.welcome(this, welcome);
  }

  #typed(data) {
    const { ready, replaying } = this.connection;
    if (this.ended) {
      if (!this.guest && (data === "\r" || data === "\n")) this.restart();
      return;
    }
    // What the screen says by itself is for the program of this moment; what a hand types always arrives.
    if (typeof data === "string" && (((!ready || replaying) && REPORT.test(data)) || (replaying && ANSWER.test(data)))) return;
    this.connection.type(bytesOf(data));
  }

  #resized(size) {
    this.recorder?.resize(size);
    if (!this.guest) this.connection?.resize(size);
  }

  #held(text) {
    if (!text) this.notices.clear("held");
    else this.notices.show("held", { text: this.words.held, detail: printable(text), quiet: true });
  }

  #sending(unsent) {
    if (unsent < PASTE_SHOWN_FROM) {
      this.notices.clear("sending");
      return;
    }
    const stop = () => {
      this.connection.queue.dropUnsent();
      // The program still waits for the end of the paste that it was told had begun.
      if (this.terminal.modes.bracketedPasteMode) this.connection.type("\x1b[201~");
      this.notices.clear("sending");
    };
    const detail = this.words.left.replace("[size]", Math.ceil(unsent / 1000));
    this.notices.show("sending", { text: this.words.pasting, detail, buttons: [[this.words.stop, stop]] });
  }

  #waiting({ state, message, position, limit }) {
    if (state === "moved") {
      const gone = () => this.notices.clear("moved");
      this.notices.show("moved", { text: this.words.moved, buttons: [[this.words.movedRead, gone]] });
      return;
    }
    if (state === "void") {
      this.connection.over = true; // the link holds no more
      this.#status("void");
    } else if (WAITS.has(state)) this.#status(state, this.words[state].replace("[n]", position).replace("[limit]", limit));
    else if (state === "failed") this.#status("refused", `${this.words.failed} ${message ? `[${message}]` : ""}`);
    else this.#status("refused", `${this.words.refused} ${message}`);
  }

  #exited() {
    this.ended = true;
    if (this.closing) {
      this.events.removed(this);
      return;
    }
    const said = this.guest ? this.words.endedShort : this.words.ended;
    this.terminal.write(`\r\n\x1b[2m${said}\x1b[0m\r\n`);
    this.#status("ended", this.words.endedShort);
    if (this.guest) return;
    const renew = () => {
      this.restart();
      this.focus();
    };
    const close = () => this.close();
    this.notices.show("ended", {
      text: this.words.endedShort,
      buttons: [[this.words.renew, renew], [this.words.closeTerminal, close]],
    });
  }

  #tell(kind, text, detail = "") {
    this.notices.show(kind, { text, detail, buttons: [this.#dismiss(kind)] });
  }

  #dismiss(kind) {
    return [this.words.dismiss, () => this.notices.clear(kind)];
  }
}
