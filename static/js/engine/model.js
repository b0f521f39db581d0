// What the student's engine has, kept up to date by its own events, with all that happened since.
import { instruction } from "./names.js";
import { moments } from "./moments.js";

const KINDS = ["containers", "images", "volumes", "networks", "making"];
const SAMPLES = 40;
const HISTORY = 500;
// Events that change nothing one can see.
const NOISE = /^(exec_create|exec_detach|attach|detach|resize|top|copy|archive-path|extract-to-dir|export|checkpoint|prune|update)/;

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
    if (said.set || said.gone || said.events) {
      const before = this.state;
      this.state = this.#changed(said);
      this.error = "";
      if (!this.known) {
        this.known = true;
        this.history = [{ event: null, state: this.state }];
      }
      const news = (said.events ?? []).filter((event) => !this.#isNoise(event));
      this.history.push(...moments(before, this.state, news));
      if (this.history.length > HISTORY) this.history.splice(1, this.history.length - HISTORY);
      this.#tell("change");
      for (const event of news) this.#tell("event", event);
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

  #isNoise(event) {
    if (NOISE.test(event.action)) return true;
    // The engine looks after a container's health by exec, every few seconds.
    const check = event.action.startsWith("exec_") && this.state.containers[event.id.slice(0, 12)]?.health;
    return Boolean(check?.command) && (event.action === "exec_die" || event.action.endsWith(check.command));
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
export function eventText(event, state) {
  const id = event.id.replace(/^sha256:/, "").slice(0, 12);
  const [action, more] = event.action.split(/:\s*(.*)/s);
  if (event.kind === "build") return `build ${instruction(event.name)}`;
  if (event.kind === "pull") return `pull ${event.name.slice(7, 19)}`;
  const name = event.name || id;
  const code = event.exit_code && event.exit_code !== "0" ? ` (${event.exit_code})` : "";
  const whom = event.kind === "network" && event.container ? ` ${state.containers[event.container]?.name ?? event.container}` : "";
  return `${event.kind} ${action.replace("_", " ")} ${name}${whom}${more ? `: ${more}` : ""}${code}`;
}
