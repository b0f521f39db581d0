// A student's host in a page: its terminals, its layers, its limits, and the tabs of a small screen.
import { LayerList } from "./layers.js";
import { LimitsLine } from "./limits.js";
import { startTerminals } from "./terminal/terminals.js";

export function startHost(workbench) {
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
  show(workbench.dataset.shown);

  const fresh = new EventTarget();
  const reset = document.querySelector("[data-reset]");
  reset.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!confirm(reset.dataset.question)) return;
    await fetch(reset.action, { method: "POST", body: new FormData(reset) });
    terminals.freshHost();
    limits.forget();
    layers.reconnect();
    fresh.dispatchEvent(new Event("fresh"));
  });

  // For tests and for the console.
  window.playground = {
    terminals,
    layers,
    get terminal() {
      return terminals.active;
    },
  };
  return { terminals, layers, show, fresh };
}
