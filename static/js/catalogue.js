// The operator's catalogue: the newest build as it goes, and questions before something is removed.
const RUNNING = 1500; // milliseconds between looks while it is built
const section = document.querySelector("[data-build]");
const part = (name) => section.querySelector(`[data-${name}]`);
const words = section.dataset;
const said = document.querySelector("[data-said]");
let shown = JSON.parse(document.getElementById("newest-build").textContent);

const span = (seconds) => {
  const [amount, unit] = seconds < 90 ? [seconds, "second"] : [seconds / 60, "minute"];
  return new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit, maximumFractionDigits: 0 }).format(amount);
};

function draw(build) {
  section.hidden = !build;
  const running = build?.state === "running";
  for (const button of document.querySelectorAll("[data-start]")) button.disabled = running;
  if (!build) return;
  const text = running && build.stopping ? words.stopping : words[build.state];
  part("state").textContent = text.replace("{s}", span(build.seconds));
  part("state").className = build.state;
  part("facts").textContent = [new Date(build.started).toLocaleString(document.documentElement.lang), build.by].filter(Boolean).join(" · ");
  part("stop").hidden = !running || build.stopping;
  part("error").hidden = !build.error;
  part("error").textContent = build.error;
  const lines = part("lines");
  const atEnd = lines.scrollTop + lines.clientHeight >= lines.scrollHeight - 30;
  lines.textContent = build.lines.join("\n");
  if (atEnd) lines.scrollTop = lines.scrollHeight;
}

async function look() {
  try {
    const answer = await fetch(words.address, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const state = await answer.json();
    // The tables are other ones now.
    if (shown?.state === "running" && state.build?.state !== "running") {
      window.location.reload();
      return;
    }
    shown = state.build;
    draw(shown);
    said.hidden = !state.said;
    said.textContent = state.said;
  } catch {
    // The site is away for a moment: the next look tells.
  }
}

document.addEventListener("submit", (event) => {
  const question = event.submitter?.dataset.sure;
  if (question && !window.confirm(question)) event.preventDefault();
});
draw(shown);
part("log").open = ["running", "failed"].includes(shown?.state);
part("lines").scrollTop = part("lines").scrollHeight;
setInterval(() => document.hidden || shown?.state !== "running" || look(), RUNNING);
