// A lesson's checks, quizzes and files: what is done, what is missing.

// Sentences have code between backticks.
function written(sentence) {
  const line = document.createElement("span");
  sentence.split("`").forEach((part, index) => {
    if (index % 2) {
      const code = document.createElement("code");
      code.textContent = part;
      line.append(code);
    } else {
      line.append(part);
    }
  });
  return line;
}

export class Tasks {
  constructor(prose, link, words) {
    this.prose = prose;
    this.link = link;
    this.words = words;
    link.addEventListener("said", ({ detail }) => this.#hear(detail));
    for (const form of prose.querySelectorAll("[data-quiz]")) {
      form.addEventListener("submit", (event) => this.#answer(event, form));
    }
    for (const details of prose.querySelectorAll("[data-hint], [data-solution]")) {
      const opened = details.matches("[data-solution]") ? "solution" : "hint";
      details.addEventListener("toggle", () => details.open && link.send({ opened }), { once: true });
    }
    for (const button of prose.querySelectorAll("[data-put]")) {
      button.addEventListener("click", () => this.put(button));
    }
  }

  put(button) {
    const state = button.parentElement.querySelector("[data-put-state]");
    const sent = this.link.send({ put: Number(button.dataset.put) });
    state.textContent = sent ? "…" : this.words.wordLost;
  }

  #hear(said) {
    if (said.lesson) {
      for (const name of said.lesson.tasks) this.#done(name);
      for (const name of said.lesson.steps) this.#stepDone(name);
    } else if (said.check) {
      if (said.done) this.#done(said.check);
      else this.#missing(said.check, said.missing);
    } else if (said.step) {
      this.#stepDone(said.step, true);
    } else if (said.quiz) {
      this.#answered(said);
    } else if (said.put) {
      this.#wasPut(said);
    } else if (said.setup) {
      const line = this.prose.querySelector("[data-setup]");
      line.textContent = said.setup;
      line.hidden = false;
    }
  }

  #done(name) {
    const check = this.prose.querySelector(`[data-check="${name}"]`);
    if (check) {
      check.dataset.done = "";
      delete check.dataset.near;
      check.querySelector("[data-mark]").setAttribute("aria-label", this.words.wordDone);
      check.querySelector("[data-missing]").replaceChildren();
    }
    const quiz = this.prose.querySelector(`[data-quiz="${name}"]`);
    if (quiz && !("done" in quiz.dataset)) {
      quiz.dataset.done = "";
      quiz.querySelector("[data-quiz-state]").textContent = `✓ ${this.words.wordRight}`;
    }
  }

  #missing(name, sentences) {
    const check = this.prose.querySelector(`[data-check="${name}"]`);
    if (!check || "done" in check.dataset) return;
    if (sentences.length) check.dataset.near = "";
    else delete check.dataset.near;
    check.querySelector("[data-missing]").replaceChildren(...sentences.map(written));
  }

  #stepDone(name, now = false) {
    const mark = this.prose.querySelector(`[data-step-mark="${name}"]`);
    if (!mark) return;
    mark.dataset.done = "";
    const step = this.prose.querySelector(`[data-step="${name}"]`);
    if (Number(step.dataset.tasks)) step.querySelector("[data-step-done]").hidden = false;
    if (now) this.prose.dispatchEvent(new CustomEvent("stepdone", { detail: name }));
  }

  #answer(event, form) {
    event.preventDefault();
    const data = new FormData(form).getAll("answer");
    const state = form.querySelector("[data-quiz-state]");
    if (!data.length) return;
    const chosen = form.dataset.kind === "text" ? data[0] : data.map(Number);
    if (!this.link.send({ answer: form.dataset.quiz, chosen })) state.textContent = this.words.wordLost;
  }

  #answered({ quiz, right, why }) {
    const form = this.prose.querySelector(`[data-quiz="${quiz}"]`);
    if (!form) return;
    form.querySelector("[data-quiz-state]").textContent = right ? `✓ ${this.words.wordRight}` : this.words.wordWrong;
    for (const place of form.querySelectorAll("[data-why]")) {
      // Rendered and cleaned by the server, as the rest of the lesson is.
      place.innerHTML = why[place.dataset.why] ?? "";
    }
    if (form.dataset.kind === "text") return;
    if (right) form.dataset.done = "";
  }

  #wasPut({ put, error }) {
    for (const figure of this.prose.querySelectorAll(".step:not([hidden]) .file")) {
      if (figure.querySelector("figcaption code").textContent !== put) continue;
      figure.querySelector("[data-put-state]").textContent = error || `✓ ${this.words.wordPut}`;
    }
  }
}
