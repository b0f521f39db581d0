// Offers to do the earlier steps' commands on a host that has not seen them.

export class Rebuild {
  constructor(notice, link) {
    this.notice = notice;
    this.text = notice.querySelector("[data-rebuild-said]");
    this.button = notice.querySelector("[data-rebuild-go]");
    this.words = notice.dataset;
    this.button.addEventListener("click", () => this.#begin(link));
    link.addEventListener("said", ({ detail }) => detail.rebuild && this.#hear(detail.rebuild));
    link.addEventListener("lost", () => this.#lost());
  }

  #begin(link) {
    if (!link.send({ rebuild: true })) return;
    this.running = true;
    this.button.hidden = true;
    this.text.textContent = this.words.wordBegins;
  }

  #hear(said) {
    if (said === "offered" || said === "not") {
      if (this.running) return;
      this.notice.hidden = said === "not";
      this.button.hidden = false;
      this.text.textContent = this.words.wordOffer;
    } else if (said.error) {
      this.#stopped(`${this.words.wordFailed} ${said.error}`);
    } else if (said.at === said.of) {
      this.running = false;
      this.text.textContent = `✓ ${this.words.wordDone}`;
    } else {
      this.text.textContent = this.words.wordAt.replace("[n]", said.at).replace("[total]", said.of);
    }
  }

  #lost() {
    if (this.running) this.#stopped(this.words.wordLost);
  }

  #stopped(text) {
    this.running = false;
    this.button.hidden = false;
    this.text.textContent = text;
  }
}
