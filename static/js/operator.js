// The operator's page: tiles and the table of sandboxes, looked at every few seconds.
const EVERY = 3000; // milliseconds between looks
const table = document.querySelector("[data-sandboxes]");
const body = table.tBodies[0];
const words = table.dataset;
const tiles = document.querySelector("[data-tiles]");
const tools = document.querySelector("[data-tools]");
const said = document.querySelector("[data-said]");
const noNode = document.querySelector("[data-no-node]");
const chosen = new Set();
let rows = [];
let order = { key: "age", down: true };

const make = (name, props = {}, ...children) => {
  const made = Object.assign(document.createElement(name), props);
  made.append(...children);
  return made;
};

const language = document.documentElement.lang;
const size = (bytes) => {
  const unit = bytes >= 1 << 30 ? ["gigabyte", 1 << 30] : ["megabyte", 1 << 20];
  return new Intl.NumberFormat(language, { style: "unit", unit: unit[0], maximumFractionDigits: bytes >= 10 * unit[1] ? 0 : 1 }).format(bytes / unit[1]);
};
const span = (seconds) => {
  const [amount, unit] = seconds < 90 ? [seconds, "second"] : seconds < 5400 ? [seconds / 60, "minute"] : [seconds / 3600, "hour"];
  return new Intl.NumberFormat(language, { style: "unit", unit, maximumFractionDigits: 0 }).format(amount);
};

function tile(label, value, note = "", share = null) {
  const parts = [make("span", { textContent: label }), make("b", { textContent: value })];
  if (share) parts.push(make("meter", { min: 0, max: share[1], value: share[0], high: share[1] * 0.9, title: label }));
  if (note) parts.push(make("span", { textContent: note }));
  return make("div", { className: "tile" }, ...parts);
}

function drawTiles({ machine, numbers, silent }) {
  const w = tiles.dataset;
  const drawn = [];
  if (machine) {
    drawn.push(tile(w.memory, size(machine.memory[0]), `${w.of} ${size(machine.memory[1])}`, machine.memory));
    drawn.push(tile(w.disk, size(machine.disk[0]), `${w.of} ${size(machine.disk[1])}`, machine.disk));
    drawn.push(tile(w.load, machine.load[0].toLocaleString(language), `${machine.cpus} ${w.cpus}`));
  }
  const { pool } = numbers;
  drawn.push(tile(w.students, numbers.students));
  drawn.push(tile(w.pool, `${pool.ready} / ${pool.target}`, pool.has_memory ? "" : w.noMemory));
  drawn.push(tile(w.waiting, numbers.waiting), tile(w.room, numbers.room), tile(w.failed, numbers.failed));
  tiles.replaceChildren(...drawn);
  noNode.hidden = !silent.length;
  // One machine alone has no name that would say anything.
  noNode.textContent = silent.some((name) => name !== "local") ? noNode.dataset.silent.replace("{names}", silent.join(", ")) : noNode.dataset.one;
}

function dressed(row) {
  const state = row.alive === false && row.state === "ready" ? "dead" : row.frozen ? "frozen" : row.state;
  const who = row.owner || (row.student ? `${words.anonymous} ${row.student}` : "");
  const shown = words[`state${state[0].toUpperCase()}${state.slice(1)}`] ?? state;
  return { ...row, who: row.address ? `${who} · ${row.address}` : who, shown };
}

function cellOf(pair, text) {
  if (!pair) return make("td", { className: "number", textContent: "" });
  const meter = pair[1] ? [make("meter", { min: 0, max: pair[1], value: pair[0], high: pair[1] * 0.9, title: `${text(pair[0])} / ${text(pair[1])}` })] : [];
  return make("td", { className: "number" }, ...meter, ` ${text(pair[0])}`);
}

function drawRow(row) {
  const box = make("input", { type: "checkbox", checked: chosen.has(row.id) });
  box.dataset.id = row.id;
  box.setAttribute("aria-label", row.id);
  const state = make("td", { textContent: row.shown, title: row.error });
  const made = make("tr", {},
    make("td", {}, box), make("td", {}, make("code", { textContent: row.id }), row.node && ` · ${row.node}`), make("td", { textContent: row.who }), state,
    make("td", { className: "number", textContent: span(row.age) }), make("td", { className: "number", textContent: span(row.unseen) }),
    cellOf(row.memory, size), cellOf(row.disk, size), cellOf(row.processes, String), cellOf(row.cpu, String));
  made.dataset.sandbox = row.id;
  return made;
}

function drawRows() {
  const asked = tools.querySelector("[data-filter]").value.trim().toLowerCase();
  const value = (row) => (Array.isArray(row[order.key]) ? row[order.key][0] : row[order.key] ?? "");
  const fitting = rows.filter((row) => `${row.id} ${row.who} ${row.shown} ${row.node}`.toLowerCase().includes(asked));
  fitting.sort((a, b) => (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0) * (order.down ? -1 : 1));
  const focused = document.activeElement?.dataset?.id;
  body.replaceChildren(...fitting.map(drawRow));
  if (!fitting.length) body.append(make("tr", {}, make("td", { colSpan: 10, textContent: words.none })));
  if (focused) body.querySelector(`[data-id="${CSS.escape(focused)}"]`)?.focus();
  for (const button of tools.querySelectorAll("[data-act]")) button.disabled = !chosen.size;
}

async function look() {
  try {
    const answer = await fetch(words.address, { headers: { Accept: "application/json" } });
    if (answer.ok) {
      const state = await answer.json();
      drawTiles(state);
      rows = state.sandboxes.map(dressed);
      const there = new Set(rows.map((row) => row.id));
      for (const id of chosen) if (!there.has(id)) chosen.delete(id);
      drawRows();
    }
  } catch {
    noNode.hidden = false;
  }
}

async function act(verb) {
  const ids = [...chosen];
  if (verb === "remove" && !window.confirm(said.dataset.sure.replace("{n}", ids.length))) return;
  const token = document.querySelector("[data-csrf] [name=csrfmiddlewaretoken]").value;
  const answer = await fetch(words.actAddress, {
    method: "POST", headers: { "X-CSRFToken": token, "Content-Type": "application/json" }, body: JSON.stringify({ verb, ids }),
  });
  said.textContent = answer.ok ? said.dataset.done.replace("{n}", (await answer.json()).done) : said.dataset.failed;
  chosen.clear();
  await look();
}

table.addEventListener("change", ({ target }) => {
  if (target.dataset.id) target.checked ? chosen.add(target.dataset.id) : chosen.delete(target.dataset.id);
  if (target.matches("[data-all]")) {
    chosen.clear();
    if (target.checked) for (const box of body.querySelectorAll("[data-id]")) chosen.add(box.dataset.id);
  }
  drawRows();
});
table.tHead.addEventListener("click", ({ target }) => {
  const key = target.dataset.sort;
  if (!key) return;
  order = { key, down: order.key === key ? !order.down : true };
  for (const head of table.tHead.rows[0].cells) if (head.hasAttribute("aria-sort")) head.setAttribute("aria-sort", "none");
  target.closest("th").setAttribute("aria-sort", order.down ? "descending" : "ascending");
  drawRows();
});
tools.addEventListener("input", drawRows);
tools.addEventListener("submit", (event) => event.preventDefault());
tools.addEventListener("click", ({ target }) => target.dataset.act && act(target.dataset.act));

look();
setInterval(() => document.hidden || look(), EVERY);
