// xterm.js with its add-ons: what is drawn, and in which size and colours.
import "../nonce.js";
import { FitAddon } from "../../vendor/xterm/addon-fit.mjs";
import { UnicodeGraphemesAddon } from "../../vendor/xterm/addon-graphemes.mjs";
import { SearchAddon } from "../../vendor/xterm/addon-search.mjs";
import { WebLinksAddon } from "../../vendor/xterm/addon-web-links.mjs";
import { WebglAddon } from "../../vendor/xterm/addon-webgl.mjs";
import { Terminal } from "../../vendor/xterm/xterm.mjs";
import { CONTRAST, onThemeChange, palette } from "./theme.js";

const SCROLLBACK = 10_000; // lines
const FLASH = 250; // milliseconds

export class Screen {
  constructor(element, settings, label, { fits = true } = {}) {
    this.element = element;
    this.fits = fits;
    this.settings = settings;
    const terminal = new Terminal({
      allowProposedApi: true,
      cursorBlink: !matchMedia("(prefers-reduced-motion: reduce)").matches,
      fontFamily: getComputedStyle(document.documentElement).getPropertyValue("--mono"),
      fontSize: settings.fontSize,
      macOptionIsMeta: true,
      minimumContrastRatio: CONTRAST,
      screenReaderMode: settings.screenReader,
      scrollback: SCROLLBACK,
      theme: palette(),
    });
    this.terminal = terminal;
    this.fit = new FitAddon();
    this.search = new SearchAddon();
    terminal.loadAddon(this.fit);
    terminal.loadAddon(this.search);
    terminal.loadAddon(new UnicodeGraphemesAddon());
    terminal.loadAddon(new WebLinksAddon());
    terminal.open(element);
    this.label(label);
    this.#useWebgl();
    terminal.onBell(() => this.#flash());
    settings.addEventListener("change", () => this.#adapt());
    onThemeChange(() => (terminal.options.theme = palette()));
    new ResizeObserver(() => this.refit()).observe(element);
    this.refit();
  }

  get size() {
    return { cols: this.terminal.cols, rows: this.terminal.rows };
  }

  label(text) {
    this.terminal.textarea.setAttribute("aria-label", text);
  }

  refit() {
    // A hidden element has no size, and a terminal of 2 columns would garble what is in it.
    if (this.fits && this.element.offsetParent && this.element.clientHeight > 20) this.fit.fit();
  }

  dispose() {
    this.terminal.dispose();
    this.terminal = null;
  }

  #useWebgl() {
    try {
      const webgl = new WebglAddon();
      webgl.onContextLoss(() => webgl.dispose()); // xterm.js then draws with the DOM
      this.terminal.loadAddon(webgl);
    } catch {
      // No WebGL here: the DOM renderer is the default.
    }
  }

  #adapt() {
    if (!this.terminal) return;
    this.terminal.options.fontSize = this.settings.fontSize;
    this.terminal.options.screenReaderMode = this.settings.screenReader;
    this.refit();
  }

  // The bell is seen, not heard; the style sheet moves nothing for those who want no motion.
  #flash() {
    this.element.classList.add("rings");
    clearTimeout(this.flashing);
    this.flashing = setTimeout(() => this.element.classList.remove("rings"), FLASH);
  }
}
