// The explainer and the builder: while somebody types or chooses, the server's answer to the form
// so far stands below it. Without this script the form's own button gets the same.
import { copyText } from "./terminal/clipboard.js";

const PAUSE = 250; // milliseconds without a key

const form = document.querySelector("form[data-live]");
const result = document.querySelector("[data-result]");
const summary = document.querySelector("[data-summary]");
let waiting;
let asked;

function query() {
  const given = [...new FormData(form)].filter(([, value]) => value !== "");
  return new URLSearchParams(given).toString();
}

async function refresh() {
  clearTimeout(waiting);
  asked?.abort();
  const mine = (asked = new AbortController());
  const words = query();
  try {
    const answer = await fetch(`${form.dataset.live}?${words}`, { signal: mine.signal });
    if (!answer.ok) return;
    // The server has escaped all that somebody typed.
    result.innerHTML = await answer.text();
  } catch {
    return; // a newer question, or no connection: what is shown stays
  }
  history.replaceState(null, "", words ? `?${words}` : location.pathname);
  say();
}

function say() {
  if (!summary) return;
  const count = (what) => result.querySelectorAll(what).length;
  summary.textContent = summary.dataset.parts
    .replace("[parts]", count("[data-part]"))
    .replace("[problems]", count("[data-troubles] > li"));
}

form.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(refresh, PAUSE);
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  refresh();
});

// A line is one line: Enter asks, as in a terminal; with Shift it breaks it.
document.getElementById("line")?.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  refresh();
});

result.addEventListener("click", async (event) => {
  const suggested = event.target.closest("[data-line]");
  if (suggested && !(event.ctrlKey || event.metaKey || event.shiftKey)) {
    event.preventDefault();
    const line = document.getElementById("line");
    line.value = suggested.dataset.line;
    line.focus();
    refresh();
  }
  const copy = event.target.closest("[data-copy-line]");
  if (copy) {
    await copyText(result.querySelector("[data-line-text]").textContent);
    const label = copy.textContent;
    copy.textContent = "✓";
    setTimeout(() => (copy.textContent = label), 1200);
  }
});
