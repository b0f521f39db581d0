// Text that is typed or pasted, made to be looked at.
const MOST_SHOWN = 200; // characters

// Control characters as people write them: ⏎ for Enter, ^C for Ctrl-C.
export function printable(text) {
  const shown = text
    .replace(/\r\n?|\n/g, "⏎")
    .replace(/[\x00-\x1f]/g, (c) => `^${String.fromCharCode(c.charCodeAt(0) + 64)}`)
    .replace(/\x7f/g, "⌫");
  return shown.length > MOST_SHOWN ? `${shown.slice(0, MOST_SHOWN)}…` : shown;
}

export function lineCount(text) {
  return text.replace(/(\r\n?|\n)$/, "").split(/\r\n?|\n/).length;
}
