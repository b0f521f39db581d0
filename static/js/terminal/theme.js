// The terminal's colours, light and dark, after the page's. Programs may ask for any colour on any
// other; xterm.js lifts what would have less contrast than WCAG's 4.5 : 1.
export const CONTRAST = 4.5;

const LIGHT = {
  background: "#ffffff", foreground: "#1b2330", cursor: "#0b5fd7", cursorAccent: "#ffffff",
  selectionBackground: "#b5d3ff", selectionInactiveBackground: "#d9dee6",
  black: "#1b2330", red: "#b3261e", green: "#1a6b2c", yellow: "#7a5200", blue: "#0b5fd7", magenta: "#8a2da5", cyan: "#0b6b78", white: "#556173",
  brightBlack: "#556173", brightRed: "#c4341b", brightGreen: "#22752f", brightYellow: "#8a5a00", brightBlue: "#2a6fe0", brightMagenta: "#9c3fb8", brightCyan: "#157582", brightWhite: "#3b4656",
};
const DARK = {
  background: "#0a0e14", foreground: "#d6dee9", cursor: "#6ea8ff", cursorAccent: "#0a0e14",
  selectionBackground: "#2f4a73", selectionInactiveBackground: "#2b3543",
  black: "#3a4557", red: "#ff7b72", green: "#6fd08c", yellow: "#e3b341", blue: "#6ea8ff", magenta: "#d2a8ff", cyan: "#5ccfe6", white: "#c7d0dc",
  brightBlack: "#8593a6", brightRed: "#ffa198", brightGreen: "#8fe3a6", brightYellow: "#f2cc60", brightBlue: "#9cc4ff", brightMagenta: "#e2c5ff", brightCyan: "#8fe3f2", brightWhite: "#f0f4f9",
};
const FOUND_LIGHT = { matchBackground: "#ffe58a", activeMatchBackground: "#ff9f45", activeMatchBorder: "#c75b00", matchOverviewRuler: "#b98900", activeMatchColorOverviewRuler: "#c75b00" };
const FOUND_DARK = { matchBackground: "#5b4a12", activeMatchBackground: "#b35c00", activeMatchBorder: "#ff9f45", matchOverviewRuler: "#e3b341", activeMatchColorOverviewRuler: "#ff9f45" };

const dark = matchMedia("(prefers-color-scheme: dark)");

export function palette() {
  return dark.matches ? DARK : LIGHT;
}

export function foundColours() {
  return dark.matches ? FOUND_DARK : FOUND_LIGHT;
}

export function onThemeChange(callback) {
  dark.addEventListener("change", callback);
}
