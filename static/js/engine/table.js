// The same as the picture, as tables: for the keyboard, a screen reader, and whoever likes rows.
import { imageNames, instruction } from "./names.js";
import { sizeText } from "../size.js";

function cell(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

export class Tables {
  constructor(root, words, onOpen) {
    this.root = root;
    this.words = words;
    this.drawn = null;
    root.addEventListener("click", (event) => {
      const button = event.target.closest("[data-key]");
      if (button) onOpen(button.dataset.key);
    });
  }

  show(state) {
    if (this.drawn === state || this.root.hidden) return;
    this.drawn = state;
    const w = this.words;
    const focus = this.root.contains(document.activeElement) ? document.activeElement.dataset.key : "";
    this.root.replaceChildren(
      this.#table(w.containers, [w.name, w.image, w.state, w.command, w.ports, w.mounts, w.networks, w.user, "exec"],
        Object.values(state.containers).map((c) => [
          [`c:${c.id}`, c.name], c.image, c.state === "exited" ? `exited (${c.exit_code})` : c.state, c.command.join(" "),
          c.ports.map((p) => `${p.host} → ${p.inner}/${p.protocol}`).join(", "),
          c.mounts.map((m) => `${m.name || m.source} → ${m.target}${m.writable ? "" : " (ro)"}`).join(", "),
          c.networks.map((n) => `${n.name} ${n.address}`).join(", "), c.user, c.execs.map((e) => e.command).join(", "),
        ])),
      this.#table(w.images, [w.name, w.size, w.layers],
        Object.values(state.images).map((i) => [[`i:${i.id}`, imageNames(i).join(", ")], sizeText(i.size), i.layers.map((l) => instruction(l.created_by) || w.base).join(" → ")])),
      ...this.#making(state.making),
      this.#table(w.volumes, [w.name], Object.values(state.volumes).map((v) => [[`v:${v.name}`, v.name]])),
      this.#table(w.networks, [w.name, w.driver], Object.values(state.networks).map((n) => [[`n:${n.name}`, n.name], n.driver])),
    );
    if (focus) this.root.querySelector(`[data-key="${CSS.escape(focus)}"]`)?.focus();
  }

  // Only while something is: an empty table would be there nearly always.
  #making(making) {
    const w = this.words;
    const rows = Object.entries(making).filter(([, m]) => m.what !== "base").map(([key, m]) => {
      if (m.what === "layer") return [[`l:${m.digest}`, `${w.layer} ${m.digest.slice(7, 19)}`], "", sizeText(m.size)];
      if (m.what === "blob") return [[key, w.fetching], "", sizeText(m.bytes)];
      return [[key, m.running ? w.building : w.built], instruction(m.text), m.running ? "" : sizeText(m.size)];
    });
    return rows.length ? [this.#table(w.underWay, [w.layer, w.instruction, w.size], rows)] : [];
  }

  #table(caption, heads, rows) {
    const table = document.createElement("table");
    table.append(cell("caption", `${caption} (${rows.length})`));
    const head = table.createTHead().insertRow();
    for (const name of heads) head.append(Object.assign(cell("th", name), { scope: "col" }));
    const body = table.createTBody();
    for (const row of rows) {
      const line = body.insertRow();
      for (const value of row) {
        if (Array.isArray(value)) {
          const button = cell("button", value[1]);
          button.type = "button";
          button.dataset.key = value[0];
          const first = document.createElement("th");
          first.scope = "row";
          first.append(button);
          line.append(first);
        } else {
          line.append(cell("td", value));
        }
      }
    }
    return table;
  }
}
