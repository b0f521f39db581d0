// The draft as this page has it, and saving it: what was sent, what another saved meanwhile.

export class Store extends EventTarget {
  constructor({ base, files, pictures }, here, token) {
    super();
    this.here = here;
    this.token = token;
    this.base = base;
    this.files = { ...files };
    this.saved = { ...files };
    this.pictures = new Set(pictures);
    this.removed = new Set();
    this.saving = null;
    this.blocked = false; // while two changes of the same lines wait to be mended
  }

  get dirty() {
    return this.removed.size > 0 || Object.keys(this.files).some((name) => this.files[name] !== this.saved[name]);
  }

  changed() {
    return Object.fromEntries(Object.entries(this.files).filter(([name, text]) => text !== this.saved[name]));
  }

  set(name, text) {
    if (this.files[name] === text) return; // it came from here
    this.files[name] = text;
    this.removed.delete(name);
    this.dispatchEvent(new Event("changed"));
  }

  remove(name) {
    if (name in this.saved || this.pictures.has(name)) this.removed.add(name);
    delete this.files[name];
    this.pictures.delete(name);
    this.dispatchEvent(new Event("changed"));
  }

  post(what, body) {
    return fetch(new URL(what, this.here), {
      method: "POST",
      headers: { "X-CSRFToken": this.token, ...(body instanceof FormData ? {} : { "Content-Type": "application/json" }) },
      body: body instanceof FormData ? body : JSON.stringify(body),
    });
  }

  // One save at a time; whoever asks meanwhile gets one more after it.
  async save(auto = false) {
    while (this.saving) await this.saving;
    if (this.blocked || (auto && !this.dirty)) return;
    this.saving = this.#save(auto).finally(() => (this.saving = null));
    await this.saving;
  }

  async #save(auto) {
    const sent = this.changed();
    const removed = [...this.removed];
    this.#say("saving");
    let answer, said;
    try {
      answer = await this.post("save/", { base: this.base, files: sent, removed, auto });
      said = await answer.json();
    } catch {
      this.#say("offline");
      return;
    }
    if (!answer.ok) {
      this.#say("refused", said);
      return;
    }
    const inConflict = Object.keys(said.conflicts).length > 0;
    const typedSince = Object.keys(said.merged).some((name) => name in this.files && this.files[name] !== (sent[name] ?? this.saved[name]));
    if (typedSince && !inConflict) {
      // The base stays: the next save is merged from there, with what was typed meanwhile.
      setTimeout(() => this.save(true), 500);
      return;
    }
    for (const [name, text] of Object.entries(said.merged)) {
      this.files[name] = text;
      // In conflict nothing of what was sent is saved: it goes again with the mended files.
      this.saved[name] = inConflict ? null : text;
    }
    for (const name of said.removed) {
      delete this.files[name];
      delete this.saved[name];
    }
    this.base = said.revision;
    if (inConflict) {
      this.blocked = true;
      this.#say("conflict", said);
      return;
    }
    for (const name of Object.keys(sent)) this.saved[name] = said.merged[name] ?? sent[name];
    for (const name of removed) {
      delete this.saved[name];
      this.removed.delete(name);
    }
    this.#say("saved", said);
  }

  // What somebody made of two changes; `texts` by file name.
  async mend(texts, theirs) {
    for (const [name, text] of Object.entries(texts)) {
      this.saved[name] = theirs[name];
      this.files[name] = text;
    }
    this.blocked = false;
    await this.save();
  }

  async addPicture(file) {
    const form = new FormData();
    form.append("picture", file, file.name.replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[^A-Za-z0-9]+/, "") || "picture.png");
    const answer = await this.post("pictures/", form);
    const said = await answer.json().catch(() => ({ error: answer.statusText }));
    if (!answer.ok) {
      this.#say("refused", said);
      return "";
    }
    if (said.was === this.base) this.base = said.revision;
    this.pictures.add(said.name);
    this.removed.delete(said.name);
    this.dispatchEvent(new Event("changed"));
    return said.name;
  }

  #say(what, detail = {}) {
    this.dispatchEvent(new CustomEvent("said", { detail: { what, ...detail } }));
  }
}
