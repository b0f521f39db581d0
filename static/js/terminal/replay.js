// Queries in output that was shown before: the program that asked had its answer then, and another one
// now would be typed into whatever runs today.
const CSI = [
  { final: "n" }, // status and cursor position
  { prefix: "?", final: "n" },
  { final: "c" }, // which terminal it is
  { prefix: ">", final: "c" },
  { prefix: "=", final: "c" },
  { intermediates: "$", final: "p" }, // is a mode on
  { prefix: "?", intermediates: "$", final: "p" },
  { prefix: ">", final: "q" }, // name and version
  { final: "t" }, // sizes
];
const OSC = [4, 10, 11, 12]; // colours; a question mark asks, anything else sets

// What such an answer looks like, should a query of a kind not listed here get one.
export const ANSWER = /^\x1b(\[[?>=]?[\d;]*([cntR]|\$y)|\]\d|P[\d>])/;

export function muteQueries(terminal, replaying) {
  for (const id of CSI) terminal.parser.registerCsiHandler(id, () => replaying());
  for (const code of OSC) terminal.parser.registerOscHandler(code, (data) => replaying() && data.includes("?"));
  terminal.parser.registerDcsHandler({ intermediates: "$", final: "q" }, () => replaying());
}
