// A link by which others look on at a terminal.
import { ask } from "./dialogs.js";

export class Sharing {
  constructor(element, dialog, { current }) {
    Object.assign(this, { urls: element.querySelector("[data-share-urls]").dataset, dialog, current });
    this.field = dialog.querySelector("input");
    this.said = dialog.querySelector("[data-said]");
    dialog.querySelector("[data-copy]").addEventListener("click", () => this.#copy());
  }

  async open() {
    const { url, error } = await this.#post(this.urls.share, { terminal: this.current().name });
    this.field.value = url ?? "";
    this.said.textContent = error ?? "";
    if ((await ask(this.dialog)) === "stop") await this.#post(this.urls.stop, {});
  }

  async #copy() {
    this.field.select();
    await navigator.clipboard?.writeText(this.field.value);
    this.said.textContent = this.said.dataset.copied;
  }

  async #post(url, fields) {
    const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
    const body = new URLSearchParams({ ...fields, csrfmiddlewaretoken: token });
    try {
      return await (await fetch(url, { method: "POST", body })).json();
    } catch {
      return { error: this.said.dataset.failed };
    }
  }
}
