// What a student has chosen for all their terminals, kept in the browser.
const KEY = "terminal-settings";
const SMALLEST = 8;
const LARGEST = 32;
const DEFAULTS = { fontSize: 14, screenReader: false };

// A browser may refuse storage (private windows, policies): then a choice lasts as long as the page.
export function stored(key, fallback) {
  try {
    return JSON.parse(localStorage.getItem(key)) ?? fallback;
  } catch {
    return fallback;
  }
}

export function store(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // See above.
  }
}

export class Settings extends EventTarget {
  constructor() {
    super();
    const kept = stored(KEY, {});
    const size = Number.isInteger(kept.fontSize) ? kept.fontSize : DEFAULTS.fontSize;
    this.fontSize = Math.min(Math.max(size, SMALLEST), LARGEST);
    this.screenReader = kept.screenReader === true;
  }

  // By so many pixels; without a number back to the default.
  resize(step) {
    const size = step ? this.fontSize + step : DEFAULTS.fontSize;
    this.fontSize = Math.min(Math.max(size, SMALLEST), LARGEST);
    this.#changed();
  }

  toggleScreenReader() {
    this.screenReader = !this.screenReader;
    this.#changed();
  }

  #changed() {
    store(KEY, { fontSize: this.fontSize, screenReader: this.screenReader });
    this.dispatchEvent(new Event("change"));
  }
}
