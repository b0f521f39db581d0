// Questions about layers and their answers, over one websocket that is opened when first needed.

// An answer that cannot be given; `code` is a word that the page has a sentence for.
export class Refusal extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

// Tells "state": "none" (there is no host), "ready", "lost", and of an archive
// "reading", "broken" and "gone".
export class Client extends EventTarget {
  constructor(source) {
    super();
    this.source = source;
    this.state = "";
    this.waiting = new Map(); // questions sent, by number
    this.queue = []; // questions to send once somebody listens
    this.number = 0;
    this.attempt = 0;
    this.ended = false;
  }

  start() {
    if (!this.socket && !this.ended) this.#connect();
  }

  end() {
    this.ended = true;
    clearTimeout(this.timer);
    this.socket?.close();
    this.#refuse("lost");
  }

  ask(op, fields = {}) {
    this.start();
    return new Promise((resolve, reject) => {
      const id = (this.number += 1);
      this.waiting.set(id, { resolve, reject });
      const text = JSON.stringify({ id, op, ...fields });
      if (this.state === "ready") this.socket.send(text);
      else this.queue.push(text);
    });
  }

  #connect() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    this.socket = new WebSocket(`${scheme}://${location.host}/ws/layers/${this.source}/`);
    this.socket.onmessage = ({ data }) => this.#received(JSON.parse(data));
    this.socket.onclose = () => {
      this.socket = null;
      if (["gone", "broken"].includes(this.state) || this.ended) return;
      this.#refuse("lost");
      this.#become("lost");
      this.attempt += 1;
      this.timer = setTimeout(() => this.start(), Math.min(500 * 2 ** this.attempt, 10000));
    };
  }

  #received(said) {
    if (said.state) {
      this.detail = said;
      this.#become(said.state);
      if (said.state === "ready") for (const text of this.queue.splice(0)) this.socket.send(text);
      return;
    }
    this.attempt = 0;
    const asked = this.waiting.get(said.id);
    this.waiting.delete(said.id);
    if (said.answer) asked?.resolve(said.answer);
    else asked?.reject(new Refusal(said.error ?? "failed"));
  }

  #refuse(code) {
    this.queue = [];
    for (const { reject } of this.waiting.values()) reject(new Refusal(code));
    this.waiting.clear();
  }

  #become(state) {
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }
}
