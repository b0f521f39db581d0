// A burst of events has one state of the engine after it. What each of them did is told apart by what
// it is about: a document changes with the last event about it, and a container's state with each.

const STATES = { create: "created", start: "running", unpause: "running", pause: "paused", die: "exited" };
const SUBJECTS = { container: "containers", image: "images", volume: "volumes", network: "networks" };

function subject(event) {
  const kind = SUBJECTS[event.kind];
  const id = ["container", "network"].includes(event.kind) ? event.id.slice(0, 12) : event.id;
  return kind ? [kind, id] : ["", ""];
}

function changed(state, kind, key, document) {
  const documents = { ...state[kind] };
  if (document) documents[key] = document;
  else delete documents[key];
  return { ...state, [kind]: documents };
}

// A container as an event leaves it, while others of the same burst are still to come.
function meanwhile(state, after, event, id) {
  const container = state.containers[id] ?? after.containers[id];
  const now = STATES[event.action];
  if (!container || !now) return state;
  const exit = now === "exited" ? { exit_code: Number(event.exit_code) || 0 } : {};
  return changed(state, "containers", id, { ...container, state: now, ...exit });
}

function connected(state, after, event) {
  const container = state.containers[event.container];
  if (!container) return state;
  const others = container.networks.filter((each) => each.name !== event.name);
  const joined = after.containers[event.container]?.networks.find((each) => each.name === event.name);
  const networks = event.action === "connect" ? [...others, joined ?? { name: event.name, address: "" }] : others;
  return changed(state, "containers", event.container, { ...container, networks });
}

// The entries of the time line: each event with the state after it.
export function moments(before, after, events) {
  const last = new Map(events.map((event, index) => [subject(event).join(" "), index]));
  let state = before;
  return events.map((event, index) => {
    const [kind, id] = subject(event);
    if (index === events.length - 1) state = after;
    else if (kind && last.get(`${kind} ${id}`) === index) state = changed(state, kind, id, after[kind][id]);
    else if (kind === "containers") state = meanwhile(state, after, event, id);
    if (kind === "networks" && index < events.length - 1) state = connected(state, after, event);
    return { event, state };
  });
}
