// Facts of files and layers as people read them.
import { instruction } from "../engine/names.js";

const LETTERS = { dir: "d", symlink: "l", char: "c", block: "b", fifo: "p", socket: "s" };

// "drwxr-xr-x", as ls -l has it.
export function modeText(kind, mode) {
  const bits = ["r", "w", "x"];
  const letters = [...Array(9).keys()].map((i) => (mode & (1 << (8 - i)) ? bits[i % 3] : "-"));
  const special = [[0o4000, 2, "s"], [0o2000, 5, "s"], [0o1000, 8, "t"]];
  for (const [bit, at, letter] of special) {
    if (mode & bit) letters[at] = letters[at] === "x" ? letter : letter.toUpperCase();
  }
  return (LETTERS[kind] ?? "-") + letters.join("");
}

const STEPS = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

// "3 days ago", in the page's language; nothing for a time that nobody noted.
export function ageText(seconds) {
  if (!seconds) return "";
  const age = Math.max(0, Math.round(Date.now() / 1000 - seconds));
  const [unit, length] = STEPS.find(([, length]) => age >= length) ?? STEPS.at(-1);
  return new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" }).format(-Math.floor(age / length), unit);
}

export function timeText(seconds) {
  return seconds ? new Date(seconds * 1000).toLocaleString(document.documentElement.lang) : "";
}

export function percentText(share) {
  return new Intl.NumberFormat(document.documentElement.lang, { style: "percent", maximumFractionDigits: 1 }).format(share);
}

export function nameOf(path) {
  return path.slice(path.lastIndexOf("/") + 1);
}

export function instructionText(createdBy, words) {
  return instruction(createdBy) || words.unnoted;
}

// The same with its lines broken again where they were in the Dockerfile.
export function instructionLines(createdBy, words) {
  return instructionText(createdBy, words).replace(/[ \t]{3,}/g, "\n    ");
}

// What a shell takes as one word.
export function shellWord(text) {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
