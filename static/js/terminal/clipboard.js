// Copy and paste: nothing is copied before somebody asks, and nothing runs by being pasted unseen.
import { ask } from "./dialogs.js";
import { lineCount } from "./text.js";

// Without https a browser has no clipboard for pages; the old command still copies.
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = Object.assign(document.createElement("textarea"), { value: text });
    const before = document.activeElement;
    (document.querySelector("dialog[open]") ?? document.body).append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
    before?.focus();
  }
}

export class Clipboard {
  // `warning` is shown before lines are pasted that would run; `field` takes a paste where the
  // browser lets no page read the clipboard. `onFiles` gets files that were pasted.
  constructor({ warning, field, onFiles }) {
    Object.assign(this, { warning, field, onFiles });
  }

  async copy(view) {
    const text = view.terminal.getSelection();
    if (!text) return;
    await copyText(text);
    view.terminal.clearSelection();
    view.focus();
  }

  async paste(view) {
    let text;
    try {
      text = await navigator.clipboard.readText();
    } catch {
      text = await this.#pasteByHand();
    }
    view.focus();
    if (text) await this.insert(view, text);
  }

  // A paste that the browser itself started: by key, by the middle button, from its own menu.
  listen(view) {
    view.slot.addEventListener(
      "paste",
      (event) => {
        event.preventDefault();
        event.stopPropagation();
        const { files } = event.clipboardData;
        const text = event.clipboardData.getData("text/plain");
        if (text) this.insert(view, text);
        else if (files.length) this.onFiles([...files]);
      },
      { capture: true },
    );
  }

  async insert(view, text) {
    const lines = lineCount(text);
    const runs = !view.terminal.modes.bracketedPasteMode && /[\r\n]/.test(text);
    if (runs) {
      const choice = await this.#warn(text, lines);
      view.focus();
      if (choice === "one-line") text = text.trim().replace(/\s*[\r\n]+\s*/g, " ");
      else if (choice !== "paste") return;
    }
    view.terminal.paste(text);
  }

  #warn(text, lines) {
    const sentence = this.warning.querySelector("[data-lines]");
    sentence.textContent = lines === 1 ? sentence.dataset.line : sentence.dataset.lines.replace("[lines]", lines);
    this.warning.querySelector("pre").textContent = text.slice(0, 2000);
    return ask(this.warning);
  }

  async #pasteByHand() {
    const area = this.field.querySelector("textarea");
    area.value = "";
    const choice = await ask(this.field);
    return choice === "paste" ? area.value : "";
  }
}
