// Keys that a phone's keyboard does not have. Ctrl and Alt hold for the next key.
const ARROWS = { up: "A", down: "B", right: "C", left: "D" };
const PLAIN = { escape: "\x1b", tab: "\t", interrupt: "\x03" };

export class KeyBar {
  constructor(element, { current, paste }) {
    this.element = element;
    this.current = current;
    this.paste = paste;
    this.modifiers = { ctrl: false, alt: false };
    // Touching a key must not take the focus, or the phone's keyboard would go away.
    element.addEventListener("pointerdown", (event) => event.preventDefault());
    element.addEventListener("mousedown", (event) => event.preventDefault());
    element.addEventListener("click", ({ target }) => {
      const key = target.closest("[data-key]")?.dataset.key;
      if (key) this.#press(key);
    });
  }

  // What the next key of a keyboard becomes while Ctrl or Alt is held here.
  transform(data) {
    const { ctrl, alt } = this.modifiers;
    if (!(ctrl || alt) || typeof data !== "string" || [...data].length !== 1) return data;
    this.#release();
    const code = data.toUpperCase().charCodeAt(0);
    const controlled = ctrl && code >= 0x40 && code < 0x60 ? String.fromCharCode(code & 0x1f) : data;
    return alt ? `\x1b${controlled}` : controlled;
  }

  #press(key) {
    if (key in this.modifiers) this.#hold(key, !this.modifiers[key]);
    else if (key === "paste") this.paste();
    else if (key in ARROWS) this.current().press(this.#arrow(ARROWS[key]));
    else this.current().press(this.transform(PLAIN[key] ?? key));
  }

  #arrow(letter) {
    const { ctrl, alt } = this.modifiers;
    this.#release();
    // xterm's numbers for held keys: 3 for Alt, 5 for Ctrl, 7 for both.
    if (ctrl || alt) return `\x1b[1;${1 + (alt ? 2 : 0) + (ctrl ? 4 : 0)}${letter}`;
    return `\x1b${this.current().terminal.modes.applicationCursorKeysMode ? "O" : "["}${letter}`;
  }

  #hold(name, held) {
    this.modifiers[name] = held;
    this.element.querySelector(`[data-key="${name}"]`).setAttribute("aria-pressed", held);
  }

  #release() {
    this.#hold("ctrl", false);
    this.#hold("alt", false);
  }
}

// A phone's keyboard covers the page's lower end without making the page smaller; the part that
// can be seen is where the terminal has to fit.
export function followKeyboard() {
  const seen = window.visualViewport;
  if (!seen || !matchMedia("(pointer: coarse)").matches) return;
  const fit = () => {
    if (seen.scale > 1.01) return; // somebody looks at something closely
    document.documentElement.style.setProperty("--seen-height", `${Math.round(seen.height)}px`);
    window.scrollTo(0, 0);
  };
  seen.addEventListener("resize", fit);
  fit();
}
