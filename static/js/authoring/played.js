// A play as it goes on: each check with what it said before and after its commands.
const EVERY = 700; // milliseconds between looks
const state = document.querySelector("[data-play]");
const rows = document.querySelector("[data-checks]");
const problems = document.querySelector("[data-problems]");
const words = state.dataset;

function cell(text) {
  const made = document.createElement("td");
  made.textContent = text;
  return made;
}

function verdict(right) {
  if (right === undefined) return cell("…");
  const made = cell(right ? "✓" : "✗");
  const meaning = Object.assign(document.createElement("span"), { className: "unseen", textContent: ` ${right ? words.wordRight : words.wordWrong}` });
  made.append(meaning);
  made.dataset.right = right;
  return made;
}

function draw(said) {
  const name = said.lost ? "Lost" : said.state[0].toUpperCase() + said.state.slice(1);
  state.textContent = `${words[`word${name}`]} ${said.over ? `(${said.seconds} s)` : ""}`;
  state.dataset.state = said.state;
  rows.replaceChildren(...said.checks.map((each) => {
    const row = document.createElement("tr");
    row.dataset.check = each.check;
    row.append(cell(each.step), cell(each.check), verdict(each.before), verdict(each.after));
    return row;
  }));
  problems.replaceChildren(...said.problems.map((text) => Object.assign(document.createElement("pre"), { className: "wrong", textContent: text })));
  document.querySelector("[data-again]").hidden = !said.over;
}

async function look() {
  try {
    const said = await (await fetch(location.href, { headers: { Accept: "application/json" } })).json();
    draw(said);
    if (said.over) return;
  } catch {
    // the next look may find the site again
  }
  setTimeout(look, EVERY);
}

const first = JSON.parse(document.getElementById("said").textContent);
draw(first);
if (!first.over) setTimeout(look, EVERY);
