// Who looks at a terminal, in a quiet line below it: the student lets guests type, guests ask for it.
export class Company {
  constructor(view) {
    this.view = view;
    this.words = view.words;
  }

  forget() {
    this.view.notices.clear("company");
    this.view.notices.clear("asks");
    if (this.view.guest) this.view.terminal.options.disableStdin = true;
  }

  show({ you, viewers, columns, rows }) {
    const me = viewers.find(({ id }) => id === you);
    const guests = viewers.filter(({ owner }) => !owner);
    const typing = viewers.find((one) => one.typing && one.id !== you);
    const detail = typing ? this.words.isTyping.replace("[name]", this.#name(typing)) : "";
    if (this.view.guest) this.#asGuest(me, detail, columns, rows);
    else this.#asStudent(guests, detail);
  }

  #name({ owner, name }) {
    return owner ? this.words.student : name;
  }

  #asStudent(guests, detail) {
    const { notices, connection } = this.view;
    if (guests.length) {
      const names = guests.map(({ name, may_type: types }) => (types ? this.words.mayType.replace("[name]", name) : name));
      const stops = guests
        .filter((guest) => guest.may_type)
        .map(({ id, name }) => [this.words.takeBack.replace("[name]", name), () => connection.takePart({ allow: id, yes: false })]);
      notices.show("company", { text: this.words.watching.replace("[names]", names.join(", ")), detail, buttons: stops });
    } else notices.clear("company");
    const asks = guests.find((guest) => guest.asks);
    if (!asks) return notices.clear("asks");
    const answer = (yes) => () => connection.takePart({ allow: asks.id, yes });
    notices.show("asks", {
      text: this.words.asksToType.replace("[name]", asks.name),
      buttons: [[this.words.allow, answer(true)], [this.words.refuse, answer(false)]],
    });
  }

  #asGuest(me, detail, columns, rows) {
    const { notices, connection, terminal } = this.view;
    terminal.options.disableStdin = !me.may_type;
    if (terminal.cols !== columns || terminal.rows !== rows) terminal.resize(columns, rows);
    const [text, label, ask] = me.may_type
      ? [this.words.youMayType, this.words.giveBack, false]
      : me.asks
        ? [this.words.youAsked, this.words.withdraw, false]
        : [this.words.youWatch, this.words.askToType, true];
    // Where many look on, nobody asks.
    const buttons = this.words.looksOnly === undefined ? [[label, () => connection.takePart({ ask })]] : [];
    notices.show("company", { text, detail, buttons });
  }
}
