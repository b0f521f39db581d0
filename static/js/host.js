// A student's host in a page: its terminals, its engine, its limits, and the tabs of a small screen.
import { startDivider } from "./divider.js";
import { EnginePane } from "./engine/pane.js";
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
  const engine = new EnginePane(document.querySelector("[data-engine-pane]"), {
    onType: (command) => {
      show("terminal-pane");
      terminals.active.type(command);
      terminals.active.focus();
    },
  });
  engine.model.addEventListener("usage", ({ detail }) => limits.show(detail));
  engine.model.addEventListener("ends", ({ detail }) => limits.ends(detail));
  startDivider(document.querySelector("[data-divider]"), document.querySelector("[data-host]"), () => terminals.refit());

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
    engine.picture.draw();
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
    engine.model.reconnect();
    fresh.dispatchEvent(new Event("fresh"));
  });

  // For tests and for the console.
  window.playground = {
    terminals,
    engine,
    get terminal() {
      return terminals.active;
    },
  };
  return { terminals, engine, show, fresh };
}
