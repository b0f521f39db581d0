// An archive that is dropped on the page, or chosen: sent with progress, one at a time.
import { fill } from "../words.js";
import { percentText } from "./text.js";

const MB = 2 ** 20;

export class Upload {
  constructor(root, words, { token, onDone }) {
    this.words = words;
    this.urls = root.dataset;
    this.token = token;
    this.onDone = onDone;
    this.zone = root.querySelector("[data-drop]");
    this.said = root.querySelector("[data-said]");
    this.progress = root.querySelector("[data-progress]");
    this.cancel = root.querySelector("[data-cancel]");
    const chooser = root.querySelector("[data-choose]");
    chooser.addEventListener("change", () => {
      if (chooser.files.length) this.take([...chooser.files]);
      chooser.value = "";
    });
    this.cancel.addEventListener("click", () => this.request?.abort());
    this.#listen(root);
  }

  async take(files) {
    if (this.request || files.length > 1) {
      this.said.textContent = this.words.one;
      return;
    }
    const [file] = files;
    const most = Number(this.urls.most);
    if (file.size > most * MB) {
      this.said.textContent = fill(this.words.tooLarge, { most, size: Math.ceil(file.size / MB) });
      return;
    }
    try {
      const { ticket } = await this.#ticket(file);
      const made = await this.#send(file, ticket);
      this.said.textContent = "";
      if (made) await this.onDone(made);
    } catch (error) {
      this.said.textContent = `${file.name}: ${error.message}`;
    } finally {
      this.request = null;
      this.progress.hidden = this.cancel.hidden = true;
    }
  }

  #listen(root) {
    const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
    root.addEventListener("dragover", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      this.zone.classList.add("takes");
    });
    root.addEventListener("dragleave", (event) => {
      if (!root.contains(event.relatedTarget)) this.zone.classList.remove("takes");
    });
    root.addEventListener("drop", (event) => {
      this.zone.classList.remove("takes");
      if (!hasFiles(event)) return;
      event.preventDefault();
      const isFolder = [...event.dataTransfer.items].some((item) => item.webkitGetAsEntry?.()?.isDirectory);
      if (isFolder) this.said.textContent = this.words.folder;
      else this.take([...event.dataTransfer.files]);
    });
  }

  async #ticket(file) {
    const form = new FormData();
    for (const [key, value] of Object.entries({ csrfmiddlewaretoken: this.token, name: file.name, size: file.size })) form.set(key, value);
    const answer = await fetch(this.urls.ticket, { method: "POST", body: form });
    const said = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(said.message ?? this.words.lost);
    return said;
  }

  // fetch() tells nothing of how much of a body was sent. Answers null if it was cancelled.
  #send(file, ticket) {
    const request = new XMLHttpRequest();
    this.request = request;
    this.progress.hidden = this.cancel.hidden = false;
    const tell = (sent) => {
      this.progress.value = sent / file.size;
      this.said.textContent = fill(this.words.uploading, { name: file.name, percent: percentText(Math.floor((100 * sent) / file.size) / 100) });
    };
    return new Promise((resolve, reject) => {
      request.upload.onprogress = ({ loaded }) => tell(loaded);
      request.onabort = () => resolve(null);
      request.onerror = () => reject(new Error(this.words.lost));
      request.onload = () => {
        try {
          const answer = JSON.parse(request.responseText);
          if (request.status === 200) resolve(answer);
          else reject(new Error(answer.message));
        } catch {
          reject(new Error(this.words.lost));
        }
      };
      request.open("PUT", this.urls.put);
      request.setRequestHeader("X-Upload-Ticket", ticket);
      request.setRequestHeader("X-Language", document.documentElement.lang);
      tell(0);
      request.send(file);
    });
  }
}
