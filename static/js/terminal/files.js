// Files to the host and from it: sent with progress, fetched by the browser's own downloads.
import { sizeText } from "../size.js";
import { ask } from "./dialogs.js";

export class Files {
  constructor(element, { dialog, current }) {
    this.words = element.dataset;
    this.urls = element.querySelector("[data-files-urls]").dataset;
    this.dialog = dialog;
    this.current = current; // returns the view whose folder is meant
    this.chooser = element.querySelector("[data-upload-field]");
    this.chooser.addEventListener("change", () => {
      this.upload([...this.chooser.files]);
      this.chooser.value = "";
    });
    this.path = dialog.querySelector("input");
    this.list = dialog.querySelector("[data-entries]");
    this.said = dialog.querySelector("[data-files-said]");
    this.#listenToDialog();
  }

  choose() {
    this.chooser.click();
  }

  // Files that are dragged over a terminal.
  listen(view) {
    const { slot } = view;
    const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
    slot.addEventListener("dragover", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      slot.classList.add("takes");
    });
    slot.addEventListener("dragleave", (event) => {
      if (!slot.contains(event.relatedTarget)) slot.classList.remove("takes");
    });
    slot.addEventListener("drop", (event) => {
      slot.classList.remove("takes");
      if (!hasFiles(event)) return;
      event.preventDefault();
      const items = [...event.dataTransfer.items];
      // A folder looks like a file of no use; browsers tell them apart only by this.
      const folders = items.filter((item) => item.webkitGetAsEntry?.()?.isDirectory).length;
      if (folders) view.notices.show("folders", { text: this.words.noFolders, buttons: [[this.words.dismiss, () => view.notices.clear("folders")]] });
      else this.upload([...event.dataTransfer.files], view);
    });
  }

  async upload(files, view = this.current()) {
    for (const file of files) await this.#one(file, view);
  }

  async #one(file, view) {
    const kind = `file-${file.name}`;
    const { notices } = view;
    const dismiss = [this.words.dismiss, () => notices.clear(kind)];
    try {
      const { ticket } = await this.#ticket(file, view);
      const { name } = await this.#send(file, ticket, (sent, cancel) =>
        notices.show(kind, {
          text: this.words.uploading.replace("[name]", file.name),
          detail: `${Math.floor((100 * sent) / Math.max(1, file.size))} %`,
          buttons: [[this.words.cancel, cancel]],
        }),
      );
      notices.show(kind, { text: this.words.uploaded.replace("[name]", name), buttons: [dismiss] });
      setTimeout(() => notices.clear(kind), 8000);
    } catch (error) {
      if (error.cancelled) notices.clear(kind);
      else notices.show(kind, { text: `${file.name}: ${error.message}`, buttons: [dismiss] });
    }
  }

  async #ticket(file, view) {
    const form = new FormData();
    form.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
    for (const [key, value] of Object.entries({ name: file.name, size: file.size, terminal: view.name })) form.set(key, value);
    return this.#answer(await fetch(this.urls.ticket, { method: "POST", body: form }));
  }

  // fetch() tells nothing of how much of a body was sent.
  #send(file, ticket, onProgress) {
    const request = new XMLHttpRequest();
    return new Promise((resolve, reject) => {
      const cancel = () => {
        request.abort();
        reject(Object.assign(new Error(), { cancelled: true }));
      };
      const lost = () => reject(new Error(this.words.transferLost));
      request.upload.onprogress = ({ loaded }) => onProgress(loaded, cancel);
      request.onerror = lost;
      request.onload = () => {
        try {
          const answer = JSON.parse(request.responseText);
          if (request.status === 200) resolve(answer);
          else reject(new Error(answer.message));
        } catch {
          lost();
        }
      };
      request.open("PUT", this.urls.put);
      request.setRequestHeader("X-Upload-Ticket", ticket);
      request.setRequestHeader("X-Language", document.documentElement.lang);
      onProgress(0, cancel);
      request.send(file);
    });
  }

  async browse() {
    this.path.value = ".";
    this.#look(".");
    await ask(this.dialog);
    this.current().focus();
  }

  #listenToDialog() {
    this.path.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      this.#look(this.path.value, { fetchFile: true });
    });
    this.list.addEventListener("click", ({ target }) => {
      const entry = target.closest("button");
      if (entry) this.#look(entry.dataset.path, { fetchFile: true });
    });
    this.dialog.querySelector("[data-fetch]").addEventListener("click", () => this.#look(this.path.value, { fetchFile: true, fetchFolder: true }));
  }

  // Look at a path first, so that what cannot be had is said in words and not as a failed download.
  async #look(path, { fetchFile = false, fetchFolder = false } = {}) {
    this.said.textContent = "";
    try {
      const found = await this.#answer(await fetch(this.#url(this.urls.look, path)));
      this.path.value = found.path;
      if (found.kind === "folder") this.#draw(found);
      if (found.kind === "folder" ? fetchFolder : fetchFile) this.#download(found);
    } catch (error) {
      this.said.textContent = error.message;
    }
  }

  #draw({ path, entries }) {
    const base = path.endsWith("/") ? path : `${path}/`;
    const up = path === "/" ? [] : [{ name: "..", folder: true, size: 0 }];
    this.list.replaceChildren(
      ...[...up, ...entries].map(({ name, folder, size }) => {
        const item = document.createElement("li");
        const button = Object.assign(document.createElement("button"), { type: "button" });
        button.dataset.path = base + name;
        const label = Object.assign(document.createElement("span"), { textContent: folder ? `${name}/` : name });
        const facts = Object.assign(document.createElement("span"), { className: "status", textContent: folder ? "" : sizeText(size) });
        button.append(label, " ", facts);
        item.append(button);
        return item;
      }),
    );
  }

  #download({ path, name }) {
    const link = Object.assign(document.createElement("a"), { href: this.#url(this.urls.get, path), download: "" });
    link.click();
    this.said.textContent = this.words.downloading.replace("[name]", name);
  }

  #url(address, path) {
    return `${address}?${new URLSearchParams({ path, terminal: this.current().name })}`;
  }

  async #answer(response) {
    let document = {};
    try {
      document = await response.json();
    } catch {
      // The site itself failed; there is no sentence from it.
    }
    if (!response.ok) throw new Error(document.message ?? this.words.transferLost);
    return document;
  }
}
