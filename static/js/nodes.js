// The page of the nodes: its table, asked for every few seconds, and questions before something is done.
const EVERY = 3000; // milliseconds between looks
const shown = document.querySelector("[data-nodes]");
const away = document.querySelector("[data-away]");

async function look() {
  try {
    const answer = await fetch(shown.dataset.address);
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    const text = await answer.text();
    const focused = document.activeElement?.dataset?.key;
    shown.innerHTML = text;
    if (focused) shown.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
    away.hidden = true;
  } catch {
    away.hidden = false;
  }
}

document.addEventListener("submit", (event) => {
  const question = event.submitter?.dataset.sure;
  if (question && !window.confirm(question)) event.preventDefault();
});
setInterval(() => document.hidden || look(), EVERY);
