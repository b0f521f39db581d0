// data-word-read-write="…" as { readWrite: "…" }
export function wordsOf(element) {
  const words = {};
  for (const [key, text] of Object.entries(element.dataset)) {
    if (key.startsWith("word") && key !== "words") words[key[4].toLowerCase() + key.slice(5)] = text;
  }
  return words;
}

// "[n] of [all]" with { n: 1, all: 2 }
export function fill(sentence, values) {
  return sentence.replace(/\[(\w+)\]/g, (whole, name) => values[name] ?? whole);
}

// The sentence for a number of things: words.changesOne for one of them, if there is such a word.
export function count(words, key, n, values = {}) {
  return fill((n === 1 && words[`${key}One`]) || words[key], { n, ...values });
}

export function make(tag, className = "", text = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.textContent = text;
  return made;
}
