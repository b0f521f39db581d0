// The lesson editor: files in tabs, both languages side by side, mistakes and preview as one types.
import { count, fill, wordsOf } from "../words.js";
import { EditorView, mark, stateOf } from "./code.js";
import { completer } from "./completion.js";
import { mergeDialog } from "./merging.js";
import { Store } from "./store.js";

const LOOK_AFTER = 350; // milliseconds of quiet before mistakes and preview are asked for
const SAVE_AFTER = 3000;
const root = document.querySelector("[data-writing]");
const words = wordsOf(root);
const find = (selector) => root.querySelector(selector);
const start = JSON.parse(document.getElementById("draft").textContent);
const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
const store = new Store(start, new URL(root.dataset.here, location.href), token);
const status = find("[data-status]");
const merge = mergeDialog(words);
const shown = new Set(start.languages);
const states = new Map(); // editor states by file, so that undo survives a change of tabs
const views = new Map(); // the editors on the page
let complete = () => () => null;
let tab = "";
let found = { problems: [], behind: [] };

fetch(root.dataset.words)
  .then((answer) => answer.json())
  .then((facts) => (complete = completer(facts, () => ({ ...store.files, ...Object.fromEntries([...store.pictures].map((name) => [name, ""])) }))))
  .catch(() => {}); // without its words it still is an editor

const stepOf = (name) => name.match(/^(.+)\.[a-z]{2}\.md$/)?.[1];
const filesOf = (which) => (which === "lesson.toml" || which in store.files ? [which] : start.languages.map((each) => `${which}.${each}.md`));
function tabs() {
  const names = Object.keys(store.files).sort();
  const steps = names.map((name) => stepOf(name) ?? name).filter((name) => name !== "lesson.toml");
  return ["lesson.toml", ...new Set(steps)];
}

// Tabs

function drawTabs() {
  const list = find("[data-tabs]");
  const hadFocus = list.contains(document.activeElement);
  list.replaceChildren(...tabs().map((name) => {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", role: "tab", textContent: name, id: `tab-${name}`, tabIndex: name === tab ? 0 : -1 });
    button.setAttribute("aria-selected", name === tab);
    button.toggleAttribute("data-mistakes", found.problems.some((each) => filesOf(name).includes(each.file)));
    button.toggleAttribute("data-behind", found.behind.some((each) => filesOf(name).includes(each.file)));
    button.addEventListener("click", () => open(name));
    return button;
  }));
  if (hadFocus) list.querySelector("[aria-selected=true]")?.focus();
  find("[data-pictures]").replaceChildren(...[...store.pictures].sort().map((name) => {
    const item = document.createElement("li");
    const link = Object.assign(document.createElement("a"), { href: new URL(`pictures/${name}`, store.here), textContent: name, target: "_blank" });
    const remove = Object.assign(document.createElement("button"), { type: "button", textContent: "×" });
    remove.setAttribute("aria-label", fill(words.remove, { name }));
    remove.addEventListener("click", () => confirm(fill(words.remove, { name })) && store.remove(name));
    item.append(link, " ", remove);
    return item;
  }));
}

find("[data-tabs]").addEventListener("keydown", (event) => {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!by) return;
  event.preventDefault();
  const all = tabs();
  open(all[(all.indexOf(tab) + by + all.length) % all.length]);
  find("[data-tabs] [aria-selected=true]").focus();
});

// Editors

function options(name) {
  return {
    label: fill(words.editor, { name }),
    complete: (context) => complete(name)(context),
    changed: (file, state) => store.set(file, state.doc.toString()),
    save: () => store.save(),
    picture: addPicture,
  };
}

function open(name) {
  tab = tabs().includes(name) ? name : "lesson.toml";
  keepStates();
  for (const view of views.values()) view.destroy();
  views.clear();
  const files = filesOf(tab).filter((file) => !stepOf(file) || shown.has(file.match(/\.([a-z]{2})\.md$/)[1]));
  find("[data-editors]").replaceChildren(...files.map((file) => {
    const section = document.createElement("section");
    section.append(Object.assign(document.createElement("h2"), { textContent: file }));
    if (!(file in store.files)) store.set(file, "");
    const state = states.get(file);
    const fresh = state && state.doc.toString() === store.files[file] ? state : stateOf(file, store.files[file], options(file));
    views.set(file, new EditorView({ state: fresh, parent: section }));
    return section;
  }));
  history.replaceState(null, "", `#${tab}`);
  find("[data-remove-step]").disabled = tab === "lesson.toml";
  drawTabs();
  drawMarks();
  look();
}

function keepStates() {
  for (const [file, view] of views) states.set(file, view.state);
}

// Texts that came from elsewhere, into the editors that show them.
function refresh() {
  for (const [file, view] of views) {
    const now = view.state.doc.toString();
    const text = store.files[file];
    if (text === undefined || text === now) continue;
    // Only what differs is replaced, so that the cursor stays where it was.
    let from = 0;
    while (from < now.length && from < text.length && now[from] === text[from]) from += 1;
    let tail = 0;
    while (tail < now.length - from && tail < text.length - from && now.at(-1 - tail) === text.at(-1 - tail)) tail += 1;
    view.dispatch({ changes: { from, to: now.length - tail, insert: text.slice(from, text.length - tail) } });
  }
  if (!tabs().includes(tab)) open("lesson.toml");
  drawTabs();
}

async function addPicture(file, view = [...views.values()][0], at = null) {
  const name = await store.addPicture(file);
  if (!name || !view) return;
  const position = at ?? view.state.selection.main.head;
  const insert = `![${words.picture}](${name})`;
  view.dispatch({ changes: { from: position, insert }, selection: { anchor: position + 2, head: position + 2 + words.picture.length } });
  view.focus();
}

// Mistakes, preview, translation

let lookTimer = 0;
let looked = 0;
function lookSoon() {
  clearTimeout(lookTimer);
  lookTimer = setTimeout(look, LOOK_AFTER);
}

async function look() {
  clearTimeout(lookTimer);
  const mine = (looked += 1);
  try {
    const answer = await store.post("look/", { files: store.changed(), removed: [...store.removed], step: tab });
    const said = await answer.json();
    if (mine !== looked) return;
    if (!answer.ok) {
      status.textContent = said.error;
      return;
    }
    found = said;
  } catch {
    return; // saving says that the site does not answer
  }
  drawMarks();
  drawTabs();
  drawPreview();
}

function drawMarks() {
  for (const [file, view] of views) {
    const marks = found.problems.filter((each) => each.file === file).map((each) => ({ ...each, severity: "error" }));
    const behind = found.behind.filter((each) => each.file === file).map((each) => ({ line: each.line, message: words[each.why], severity: "warning" }));
    view.dispatch(mark(view.state, [...marks, ...behind]));
  }
  const mistakes = found.problems.length;
  find("[data-found]").textContent = mistakes ? count(words, "mistakes", mistakes) : words.noMistakes;
  const here = found.behind.filter((each) => filesOf(tab).includes(each.file));
  find("[data-translation]").textContent = tab === "lesson.toml" ? "" : here.length ? count(words, "isBehind", here.length) : words.inStep;
  find("[data-settle]").hidden = !here.length;
  const rows = [...found.problems, ...here.map((each) => ({ ...each, message: words[each.why], behind: true }))];
  find("[data-problems]").replaceChildren(...rows.map(({ file, line, message, behind }) => {
    const item = document.createElement("li");
    const button = Object.assign(document.createElement("button"), { type: "button", className: behind ? "behind" : "" });
    button.append(Object.assign(document.createElement("code"), { textContent: line ? `${file}:${line}` : file }), ` ${message}`);
    button.addEventListener("click", () => goTo(file, line));
    item.append(button);
    return item;
  }));
}

function goTo(file, line) {
  if (!views.has(file)) {
    const language = file.match(/\.([a-z]{2})\.md$/)?.[1];
    if (language) setShown(language, true);
    open(stepOf(file) ?? file);
  }
  const view = views.get(file);
  if (!view) return;
  const at = view.state.doc.line(Math.min(Math.max(line, 1), view.state.doc.lines));
  view.dispatch({ selection: { anchor: at.from }, scrollIntoView: true });
  view.focus();
}

function drawPreview() {
  const area = find("[data-previews]");
  const top = area.scrollTop;
  area.replaceChildren(...[...shown].filter((each) => found.html?.[each]).map((each) => {
    const article = Object.assign(document.createElement("article"), { className: "prose", lang: each });
    article.dataset.preview = each;
    // Rendered and cleaned by the site as any lesson's page is.
    article.innerHTML = found.html[each];
    return article;
  }));
  area.scrollTop = top;
}
find("[data-previews]").addEventListener("submit", (event) => event.preventDefault());

function setShown(language, on) {
  shown[on ? "add" : "delete"](language);
  if (!shown.size) shown.add(language);
  for (const button of root.querySelectorAll("[data-language]")) button.setAttribute("aria-pressed", shown.has(button.dataset.language));
}
find("[data-languages]").addEventListener("click", ({ target }) => {
  const { language } = target.dataset;
  if (!language) return;
  setShown(language, !shown.has(language));
  open(tab);
});

find("[data-settle]").addEventListener("click", async () => {
  await store.save();
  await store.post("settle/", { step: tab });
  look();
});

// Saving

let saveTimer = 0;
store.addEventListener("changed", () => {
  status.textContent = words.unsaved;
  clearTimeout(saveTimer);
  saveTimer = setTimeout(() => store.save(true), SAVE_AFTER);
  lookSoon();
  drawTabs();
});
store.addEventListener("said", async ({ detail }) => {
  const { what, revision, merged = {}, by, error } = detail;
  status.dataset.state = what;
  status.textContent = { saving: words.saving, offline: words.offline, refused: error, saved: fill(words.saved, { n: revision }), conflict: fill(words.conflict, { who: by }) }[what];
  if (what === "offline") saveTimer = setTimeout(() => store.save(true), SAVE_AFTER);
  if (Object.keys(merged).length) {
    if (what === "saved") status.textContent += ` ${fill(words.merged, { who: by })}`;
    refresh();
  }
  if (what === "conflict") {
    const mended = await merge(detail);
    const theirs = Object.fromEntries(Object.entries(detail.conflicts).map(([name, each]) => [name, each.theirs]));
    const saving = store.mend(mended, theirs);
    refresh();
    await saving;
  }
  if (what === "saved") lookSoon();
});
find("[data-save]").addEventListener("click", () => store.save());
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "s" && !event.defaultPrevented) {
    event.preventDefault();
    store.save();
  }
});
for (const link of root.querySelectorAll("[data-after-save]")) {
  link.addEventListener("click", async (event) => {
    if (!store.dirty) return;
    event.preventDefault();
    await store.save();
    if (!store.dirty) location.href = link.href;
  });
}
find("[data-play-form]").addEventListener("submit", async (event) => {
  if (!store.dirty) return;
  event.preventDefault();
  await store.save();
  if (!store.dirty) event.target.submit();
});
window.addEventListener("beforeunload", (event) => store.dirty && event.preventDefault());
document.addEventListener("visibilitychange", () => document.hidden && store.save(true));

// Files

find("[data-new-step]").addEventListener("submit", (event) => {
  event.preventDefault();
  const name = event.target.elements.name.value;
  if (tabs().includes(name)) {
    status.textContent = words.there;
    return;
  }
  for (const language of start.languages) store.set(`${name}.${language}.md`, `# ${name.slice(3)}\n`);
  event.target.reset();
  open(name);
});
find("[data-remove-step]").addEventListener("click", () => {
  if (!confirm(fill(words.remove, { name: tab }))) return;
  const gone = tab;
  for (const view of views.values()) view.destroy();
  views.clear();
  for (const file of filesOf(gone)) store.remove(file);
  open("lesson.toml");
});
find("[data-picture]").addEventListener("change", ({ target }) => {
  for (const file of target.files) addPicture(file);
  target.value = "";
});

setShown(start.languages[0], true);
if (matchMedia("(max-width: 60rem)").matches) setShown(start.languages[1], false);
open(decodeURIComponent(location.hash.slice(1)) || tabs()[1] || "lesson.toml");
status.textContent = fill(words.saved, { n: store.base });
