// What the student's engine has, kept up to date by its own events, with all that happened since.

const KINDS = ["containers", "images", "volumes", "networks"];
const SAMPLES = 40;
const HISTORY = 500;
// Events that change nothing one can see.
const NOISE = /^(exec_create|exec_detach|exec_die|attach|detach|resize|top|copy|archive-path|extract-to-dir|export|checkpoint|prune|update|health_status)/;

function nothing() {
  return Object.fromEntries(KINDS.map((kind) => [kind, {}]));
}

export class EngineModel extends EventTarget {
  // `path` is where to hear of the engine: one's own, or another's that one may look at.
  constructor(path = "/ws/engine/") {
    super();
    this.path = path;
    this.attempt = 0;
    this.#forget();
    this.#connect();
  }

  // A fresh host: nothing of the old one is true any more.
  reconnect() {
    this.socket.close();
  }

  #forget() {
    this.state = nothing();
    this.known = false;
    this.error = "";
    this.stats = new Map();
    // Each entry: what happened, and the state after it. The first is what the page found.
    this.history = [];
  }

  #connect() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    this.socket = new WebSocket(`${scheme}://${location.host}${this.path}`);
    this.socket.onmessage = ({ data }) => {
      this.attempt = 0;
      this.#received(JSON.parse(data));
    };
    this.socket.onclose = () => {
      this.attempt += 1;
      setTimeout(() => this.#connect(), Math.min(500 * 2 ** this.attempt, 10000));
    };
  }

  #received(said) {
    if (said.whole) this.#forget();
    if (said.set || said.gone) {
      this.state = this.#changed(said);
      this.error = "";
      if (!this.known) {
        this.known = true;
        this.history = [{ event: null, state: this.state }];
      }
      this.#tell("change");
    } else if (said.event) {
      this.#happened(said.event);
    } else if (said.stats) {
      this.#measured(said.stats);
    } else if (said.usage) {
      this.#tell("usage", said.usage);
    } else if (said.ends !== undefined) {
      this.#tell("ends", said.ends);
    } else if (said.error) {
      this.error = said.error;
      this.#tell("change");
    }
  }

  // Documents are never changed, only replaced: a state of the past stays what it was.
  #changed({ set = {}, gone = {} }) {
    const state = { ...this.state };
    for (const kind of KINDS) {
      if (!set[kind] && !gone[kind]) continue;
      state[kind] = { ...state[kind], ...set[kind] };
      for (const key of gone[kind] ?? []) delete state[kind][key];
    }
    return state;
  }

  #happened(event) {
    if (NOISE.test(event.action)) return;
    this.history.push({ event, state: this.state });
    if (this.history.length > HISTORY) this.history.splice(1, this.history.length - HISTORY);
    this.#tell("event", event);
  }

  #measured(stats) {
    for (const id of this.stats.keys()) if (!(id in stats)) this.stats.delete(id);
    for (const [id, sample] of Object.entries(stats)) {
      const samples = this.stats.get(id) ?? [];
      samples.push(sample);
      if (samples.length > SAMPLES) samples.shift();
      this.stats.set(id, samples);
    }
    this.#tell("stats");
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

// An event in the engine's own words.
export function eventText(event) {
  const id = event.id.replace(/^sha256:/, "").slice(0, 12);
  const name = event.name || id;
  const code = event.action === "die" && event.exit_code ? ` (${event.exit_code})` : "";
  return `${event.kind} ${event.action.split(":")[0]} ${name}${code}`;
}
