// The page about layers: where images come from, and the archives that one drops on it.
import { fill, make, wordsOf } from "../words.js";
import { sizeText } from "../size.js";
import { Explorer } from "./explorer.js";
import { Upload } from "./upload.js";

const root = document.querySelector("[data-layers-page]");
const words = wordsOf(root);
const urls = root.dataset;
const sources = root.querySelector("[data-sources]");
const token = root.querySelector("[name=csrfmiddlewaretoken]").value;
const wanted = new URLSearchParams(location.search);

const NAMED = [...sources.querySelectorAll("[data-source]")].map((button) => ({ source: button.dataset.source, name: button.textContent }));
let archives = [];
const explorer = new Explorer(root.querySelector("[data-layers]"), {
  source: "catalogue",
  origins: () => [...NAMED, ...archives.map(({ id, name }) => ({ source: id, name, loadFrom: name }))],
});

function choose(source) {
  const archive = archives.find(({ id }) => id === source);
  for (const button of sources.querySelectorAll("[data-source]")) button.setAttribute("aria-pressed", button.dataset.source === source);
  explorer.from(source, archive?.name ?? "");
  history.replaceState(null, "", `?${new URLSearchParams({ from: source })}`);
}

function draw() {
  const chosen = sources.querySelector("[aria-pressed=true]")?.dataset.source;
  for (const old of sources.querySelectorAll(".archive")) old.remove();
  for (const { id, name, size, minutes } of archives) {
    const both = make("span", "archive");
    const open = Object.assign(make("button", "", name), { type: "button", title: `${name} · ${sizeText(size)} · ${fill(words.minutes, { minutes })}` });
    open.dataset.source = id;
    open.setAttribute("aria-pressed", id === chosen);
    const remove = Object.assign(make("button", "", "×"), { type: "button", title: words.remove });
    remove.setAttribute("aria-label", fill(words.removes, { name }));
    remove.dataset.remove = id;
    both.append(open, remove);
    sources.append(both);
  }
}

async function list() {
  const answer = await fetch(urls.list);
  if (answer.ok) archives = (await answer.json()).archives.filter(({ state }) => state !== "coming");
  draw();
  explorer.compare.lookElsewhere();
}

async function remove(id) {
  const form = new FormData();
  form.set("csrfmiddlewaretoken", token);
  const isShown = explorer.client.source === id;
  if (isShown) choose("catalogue");
  await fetch(urls.remove.replace("ARCHIVE", id), { method: "POST", body: form });
  await list();
  sources.querySelector("[data-source]").focus();
}

sources.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (button?.dataset.remove) remove(button.dataset.remove);
  else if (button) choose(button.dataset.source);
});

new Upload(root, words, {
  token,
  onDone: async ({ id }) => {
    await list();
    choose(id);
  },
});

await list();
const from = wanted.get("from");
if (wanted.get("image")) explorer.show(wanted.get("image"));
if (from && from !== "catalogue" && sources.querySelector(`[data-source="${CSS.escape(from)}"]`)) choose(from);
explorer.visible = true;
// For tests and for the console.
window.playground = { explorer };
