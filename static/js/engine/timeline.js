// What happened, one step back and forth.
import { eventText } from "./model.js";

export class Timeline {
  constructor(root, model, words, onState) {
    this.model = model;
    this.words = words;
    this.onState = onState;
    this.slider = root.querySelector("[data-moment]");
    this.label = root.querySelector("[data-moment-text]");
    this.live = root.querySelector("[data-live]");
    this.buttons = { back: root.querySelector("[data-earlier]"), forth: root.querySelector("[data-later]") };
    this.at = -1; // of the history; -1 follows what happens
    this.slider.addEventListener("input", () => this.#go(Number(this.slider.value)));
    this.buttons.back.addEventListener("click", () => this.#go((this.at < 0 ? this.#last() : this.at) - 1));
    this.buttons.forth.addEventListener("click", () => this.#go(this.at + 1));
    this.live.addEventListener("click", () => this.#go(-1));
    model.addEventListener("change", () => this.#news());
    model.addEventListener("event", () => this.#news());
    this.#draw();
  }

  get isLive() {
    return this.at < 0;
  }

  #last() {
    return this.model.history.length - 1;
  }

  #news() {
    if (this.at > this.#last()) this.at = -1; // a fresh host
    if (this.isLive) this.onState(this.model.state);
    this.#draw();
  }

  #go(index) {
    this.at = index < 0 || index >= this.#last() ? -1 : index;
    if (index === 0 && this.#last() === 0) this.at = -1;
    this.onState(this.isLive ? this.model.state : this.model.history[this.at].state);
    this.#draw();
  }

  #draw() {
    const last = Math.max(0, this.#last());
    const index = this.isLive ? last : this.at;
    this.slider.max = last;
    this.slider.value = index;
    this.slider.disabled = last === 0;
    this.buttons.back.disabled = index === 0;
    this.buttons.forth.disabled = this.isLive;
    this.live.disabled = this.isLive;
    const entry = this.model.history[index];
    const text = entry?.event ? eventText(entry.event, entry.state) : this.words.beginning;
    this.label.textContent = text;
    this.slider.setAttribute("aria-valuetext", text);
  }
}
