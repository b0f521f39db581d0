// A websocket of JSON texts that comes back by itself, after longer and longer rests.
export class Told extends EventTarget {
  constructor(path) {
    super();
    this.path = path;
    this.attempt = 0;
    this.#connect();
  }

  #connect() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}${this.path}`);
    socket.onopen = () => this.dispatchEvent(new Event("open"));
    socket.onmessage = ({ data }) => {
      this.attempt = 0;
      this.dispatchEvent(new CustomEvent("said", { detail: JSON.parse(data) }));
    };
    socket.onclose = ({ code }) => {
      this.dispatchEvent(new Event("lost"));
      if (code >= 4400 && code !== 4429 && code !== 4410) return; // not ours (any more)
      this.attempt += 1;
      // A class that loses its connection together must not come back in step.
      setTimeout(() => this.#connect(), Math.min(500 * 2 ** this.attempt, 10000) * (0.5 + Math.random() / 2));
    };
  }
}

export async function post(address, body) {
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  try {
    const answer = await fetch(address, { method: "POST", body, headers: { "X-CSRFToken": token, Accept: "application/json" } });
    const type = answer.headers.get("Content-Type") ?? "";
    return type.includes("json") ? await answer.json() : { failed: !answer.ok };
  } catch {
    return { failed: true };
  }
}
