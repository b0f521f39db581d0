// The page of somebody who looks on at another's terminal.
import { Settings } from "./terminal/settings.js";
import { TerminalView } from "./terminal/view.js";

const form = document.querySelector("[data-name-form]");
const stage = document.querySelector("[data-watch]");
const status = document.querySelector("[data-status]");

function start(name) {
  form.hidden = true;
  stage.hidden = false;
  const words = stage.dataset;
  const nothing = () => {};
  const view = new TerminalView(stage.querySelector(".slot"), {
    name: "watched",
    title: words.title,
    settings: new Settings(),
    words,
    guest: true,
    socket: { path: words.socket, query: { name } },
    events: {
      status: ({ statusText }) => (status.textContent = statusText ?? ""),
      welcome: nothing,
      removed: nothing,
      rang: nothing,
      commanded: nothing,
      askBusy: nothing,
    },
  });
  window.playground = { terminal: view };
}

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  start(form.elements.name.value.trim());
});
