// A lesson's page: its steps, its terminal, its list of layers.
import { LayerList } from "./layers.js";
import { LimitsLine } from "./limits.js";
import { copyText } from "./terminal/clipboard.js";
import { startTerminals } from "./terminal/terminals.js";

const workbench = document.querySelector(".workbench");
const status = document.querySelector("[data-terminal-status]");

const { workspace: terminals } = startTerminals(document.querySelector("[data-terminals]"), {
  onStatus: (state, text) => {
    status.textContent = text;
    status.dataset.state = state;
  },
});
const limits = new LimitsLine(document.querySelector("[data-limits]"));
const layers = new LayerList(document.querySelector("[data-layers]"), {
  onUsage: (usage) => limits.show(usage),
  onEnds: (ends) => limits.ends(ends),
});

// Parts of the page on a small screen.
const tabs = [...document.querySelectorAll("[data-tab]")];

function show(part) {
  workbench.dataset.shown = part;
  for (const tab of tabs) {
    const selected = tab.dataset.tab === part;
    tab.setAttribute("aria-selected", selected);
    tab.tabIndex = selected ? 0 : -1;
  }
  terminals.refit();
}

for (const tab of tabs) {
  tab.addEventListener("click", () => show(tab.dataset.tab));
  tab.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
    next.focus();
    show(next.dataset.tab);
  });
}
show("prose");

// Steps: one at a time, the one in the address's fragment first.
const steps = [...document.querySelectorAll("[data-step]")];
const back = document.querySelector("[data-back]");
const next = document.querySelector("[data-next]");
const following = document.querySelector("[data-following]");
const count = document.querySelector("[data-count]");
let current = 0;

function go(index, { remember = true } = {}) {
  current = Math.min(Math.max(index, 0), steps.length - 1);
  steps.forEach((step, i) => (step.hidden = i !== current));
  back.disabled = current === 0;
  const last = current === steps.length - 1;
  next.hidden = last;
  following.hidden = !last;
  count.textContent = count.dataset.pattern.replace("[n]", current + 1).replace("[total]", steps.length);
  if (remember) history.replaceState(null, "", `#${steps[current].dataset.step}`);
  const prose = document.querySelector(".prose");
  prose.scrollTop = 0;
  if (remember) prose.focus();
}

back.addEventListener("click", () => go(current - 1));
next.addEventListener("click", () => go(current + 1));
const fromAddress = () => steps.findIndex((step) => `#${step.dataset.step}` === location.hash);
window.addEventListener("hashchange", () => go(fromAddress(), { remember: false }));
go(fromAddress(), { remember: false });

// Commands: typed into the terminal, or copied.
document.querySelector(".prose").addEventListener("click", async (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const text = button.closest("[data-command]")?.querySelector("code").textContent.trimEnd();
  if (button.matches("[data-run]")) {
    show("terminal-pane");
    terminals.active.type(`${text.replace(/\n/g, "\r")}\r`);
    terminals.active.focus();
  } else if (button.matches("[data-copy]")) {
    await copyText(text);
    const label = button.textContent;
    button.textContent = "✓";
    setTimeout(() => (button.textContent = label), 1200);
  } else if (button.matches("[data-show-layers]")) {
    show("layers-pane");
    layers.show(button.dataset.showLayers);
  }
});

const reset = document.querySelector("[data-reset]");
reset.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (!confirm(reset.dataset.question)) return;
  await fetch(reset.action, { method: "POST", body: new FormData(reset) });
  terminals.freshHost();
  limits.forget();
  layers.reconnect();
});

// For tests and for the console.
window.playground = {
  terminals,
  layers,
  get terminal() {
    return terminals.active;
  },
};
