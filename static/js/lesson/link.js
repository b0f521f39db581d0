// The socket that a lesson's page tells its steps and answers to, and hears of its checks from.

export class LessonLink extends EventTarget {
  constructor(slug, language) {
    super();
    this.slug = slug;
    this.language = language;
    this.attempt = 0;
    this.step = "";
    this.#connect();
  }

  get open() {
    return this.socket.readyState === WebSocket.OPEN;
  }

  // Which step is open; said again to each new socket.
  watch(step) {
    this.step = step;
    this.send({ step });
  }

  // Whether it went out; nothing is kept for later.
  send(document) {
    if (this.open) this.socket.send(JSON.stringify(document));
    return this.open;
  }

  reconnect() {
    this.socket.close();
  }

  #connect() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    this.socket = new WebSocket(`${scheme}://${location.host}/ws/lesson/${this.slug}/?language=${this.language}`);
    this.socket.onopen = () => this.step && this.send({ step: this.step });
    this.socket.onmessage = ({ data }) => {
      this.attempt = 0;
      this.dispatchEvent(new CustomEvent("said", { detail: JSON.parse(data) }));
    };
    this.socket.onclose = () => {
      this.dispatchEvent(new CustomEvent("lost"));
      this.attempt += 1;
      setTimeout(() => this.#connect(), Math.min(250 * 2 ** this.attempt, 10000));
    };
  }
}
