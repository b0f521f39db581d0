// The page of an instructor during class: a row a member, kept by number, who needs help first.
import { fill, make } from "../words.js";
import { post, Told } from "./socket.js";

const table = document.querySelector("[data-live]");
const body = table.tBodies[0];
const words = table.dataset;
const tools = document.querySelector("[data-tools]");
const tiles = document.querySelector("[data-tiles]");
const status = document.querySelector("[data-connection]");
const AWAY = 600; // seconds, as on the server
const members = new Map(); // number -> { row, at, tr }
let order = [];

const language = document.documentElement.lang;
const time = (seconds) => {
  const [amount, unit] = seconds < 100 ? [seconds, "second"] : seconds < 6000 ? [seconds / 60, "minute"] : [seconds / 3600, "hour"];
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: 0 }).format(amount);
};

function button(text, name, act, className = "") {
  const made = make("button", className, text);
  made.type = "button";
  made.setAttribute("aria-label", `${text}: ${name}`);
  made.addEventListener("click", act);
  return made;
}

const sentence = ({ code, n, seconds, usual }, passed) =>
  ({
    help: () => fill(words.help, { time: time(seconds + passed) }),
    long: () => fill(usual ? words.longUsual : words.long, { time: time(seconds + passed), usual: time(usual ?? 0) }),
    failed: () => fill(words.manyFailed, { n }),
    lines: () => fill(words.manyLines, { n }),
  })[code]();

function cell(text = "", className = "") {
  return make("td", className, text);
}

function drawRow(member) {
  const { row, tr } = member;
  const asks = row.reasons.some(({ code }) => code === "help");
  tr.className = asks ? "asks" : row.reasons.length ? "stuck" : "";
  tr.dataset.memberRow = row.id;
  const name = make("th", "who", row.name);
  name.scope = "row";
  const actions = cell("", "actions");
  const watch = make("a", "button", words.watchWord);
  watch.href = words.watch.replace("/0/", `/${row.id}/`);
  watch.setAttribute("aria-label", `${words.watchWord}: ${row.name}`);
  actions.append(watch, button(words.writeWord, row.name, () => address(row)));
  if (asks) actions.append(button(words.helpedWord, row.name, () => post(words.helped.replace("/0/", `/${row.id}/`), new URLSearchParams()), "primary"));
  const step = cell(row.number ? `${row.lesson} ${row.number}/${row.total}` : words.notBegun, "where");
  if (row.number) step.append(make("br"), make("small", "", row.step));
  const line = cell("", "line");
  line.append(make("code", "", row.line));
  line.title = row.line;
  const host = words[`host${(row.host || "none").replace(/^./, (c) => c.toUpperCase())}`] ?? row.host;
  const focused = tr.contains(document.activeElement) ? [...tr.querySelectorAll("a,button")].indexOf(document.activeElement) : -1;
  tr.replaceChildren(name, cell("", "why"), step, cell("", "number time"), cell(row.number ? row.attempts : "", "number"), cell(row.number ? row.failed : "", "number"), line, cell(host), cell(row.done_steps, "number"), actions);
  // What a narrow page says before each figure, as it has no head.
  for (const index of [3, 4, 5, 7, 8]) tr.cells[index].dataset.head = table.tHead.rows[0].cells[index].textContent;
  if (focused >= 0) tr.querySelectorAll("a,button")[focused]?.focus();
  drawClocks(member);
}

// What grows by itself.
function drawClocks({ row, at, tr }) {
  const passed = Math.round((Date.now() - at) / 1000);
  const away = row.seen === null || row.seen + passed > AWAY;
  const text = row.done ? words.done : away ? words.away : row.since === null ? "" : time(row.since + passed);
  tr.querySelector(".time").textContent = row.number ? text : "";
  tr.classList.toggle("away", away);
  const why = tr.querySelector(".why");
  const said = row.reasons.map((reason) => sentence(reason, passed)).join(" · ");
  if (why.textContent !== said) why.textContent = said;
}

function drawOrder() {
  const asked = tools.querySelector("[data-filter]").value.trim().toLowerCase();
  const only = tools.querySelector("[data-only-stuck]").checked;
  const fitting = order.map((id) => members.get(id)).filter(({ row }) => `${row.name} ${row.lesson} ${row.line}`.toLowerCase().includes(asked) && (!only || row.reasons.length));
  const wanted = fitting.map(({ tr }) => tr);
  if (!wanted.length) {
    const nothing = make("td", "", order.length ? words.noFit : words.none);
    nothing.colSpan = 10;
    const tr = make("tr");
    tr.append(nothing);
    wanted.push(tr);
  }
  // Rows that stay where they are keep the focus.
  for (const old of [...body.rows]) if (!wanted.includes(old)) old.remove();
  wanted.forEach((tr, index) => {
    if (body.rows[index] !== tr) {
      const focused = tr.contains(document.activeElement) ? document.activeElement : null;
      body.insertBefore(tr, body.rows[index] ?? null);
      focused?.focus();
    }
  });
  drawTiles();
}

function drawTiles() {
  const rows = [...members.values()].map(({ row }) => row);
  const here = rows.filter(({ seen }) => seen !== null && seen <= AWAY).length;
  const all = [[tiles.dataset.members, rows.length], [tiles.dataset.here, here], [tiles.dataset.need, rows.filter(({ reasons }) => reasons.length).length], [tiles.dataset.hosts, rows.filter(({ host }) => host === "ready").length]];
  tiles.replaceChildren(...all.map(([label, value]) => {
    const tile = make("div", "tile");
    tile.append(make("span", "", label), make("b", "", String(value)));
    return tile;
  }));
}

// Whom the forms below are for; without anybody all of them.
function address(row) {
  for (const form of document.querySelectorAll("[data-say], [data-file]")) {
    form.querySelector("[data-member]").value = row?.id ?? "";
    const to = form.querySelector("[data-to]");
    to.textContent = row?.name ?? to.dataset.all;
  }
  document.querySelector("[data-to-all]").hidden = !row;
  if (row) document.querySelector("[data-say] textarea").focus();
}

for (const form of document.querySelectorAll("[data-say], [data-file]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const said = form.querySelector("[data-said]");
    said.textContent = "…";
    const answer = await post(form.action, new FormData(form));
    said.textContent = answer.failed ? said.dataset.failed : (answer.error ?? fill(said.dataset.done, answer));
    if (answer.failed || answer.error) return;
    for (const field of form.querySelectorAll("textarea, [type=file]")) field.value = "";
  });
}
document.querySelector("[data-to-all]").addEventListener("click", () => address(null));
tools.addEventListener("input", drawOrder);
tools.addEventListener("submit", (event) => event.preventDefault());
setInterval(() => members.forEach(drawClocks), 1000);

const link = new Told(`${words.socket}?language=${language}`);
link.addEventListener("lost", () => (status.textContent = status.dataset.lost));
link.addEventListener("said", ({ detail }) => {
  status.textContent = "";
  for (const row of detail.rows) {
    const member = members.get(row.id) ?? { tr: make("tr") };
    Object.assign(member, { row, at: Date.now() });
    members.set(row.id, member);
    drawRow(member);
  }
  order = detail.order;
  for (const id of members.keys()) if (!order.includes(id)) members.delete(id);
  drawOrder();
});
