// What was typed, by its position: from the first byte that the hub has not confirmed to the last.
//
// A socket that dies may have delivered what was written to it, or not. The hub counts what it has
// taken of each page; with that number after a reconnection nothing is lost and nothing doubled.
export class InputQueue {
  constructor() {
    this.clear();
  }

  // Forget everything: the hub counts from 0 for a new shell.
  clear() {
    this.pieces = [];
    this.confirmed = 0; // before this the hub has taken everything
    this.sent = 0; // before this everything was written to a socket
    this.end = 0;
  }

  get unsent() {
    return this.end - this.sent;
  }

  get inFlight() {
    return this.sent - this.confirmed;
  }

  push(bytes) {
    if (!bytes.length) return;
    this.pieces.push(bytes);
    this.end += bytes.length;
  }

  // The next bytes to write to the socket.
  take(limit) {
    const bytes = this.#read(this.sent, limit);
    this.sent += bytes.length;
    return bytes;
  }

  // The hub says how much it has taken.
  confirm(position) {
    let surplus = Math.min(position, this.sent) - this.confirmed;
    if (surplus <= 0) return;
    this.confirmed += surplus;
    while (surplus > 0) {
      const first = this.pieces[0];
      if (first.length > surplus) {
        this.pieces[0] = first.subarray(surplus);
        return;
      }
      surplus -= first.length;
      this.pieces.shift();
    }
  }

  // After a reconnection to the same shell: go on where the hub stopped. False if its number cannot
  // be right (it counts for a few pages only and forgets them when it restarts).
  resume(position) {
    if (position === null || position < this.confirmed || position > this.sent) return false;
    this.confirm(position);
    this.sent = this.confirmed;
    return true;
  }

  // Keep only what was never written to any socket; return what may or may not have arrived.
  keepUnsent() {
    const doubtful = this.#read(this.confirmed, this.inFlight);
    const unsent = this.#read(this.sent, this.unsent);
    this.clear();
    this.push(unsent);
    return doubtful;
  }

  // Take back what was not sent yet, as when a long paste is stopped.
  dropUnsent() {
    const kept = this.#read(this.confirmed, this.inFlight);
    const dropped = this.#read(this.sent, this.unsent);
    this.pieces = kept.length ? [kept] : [];
    this.end = this.sent;
    return dropped;
  }

  // Up to `most` bytes of what has not been sent, to be shown.
  peekUnsent(most) {
    return this.#read(this.sent, Math.min(most, this.unsent));
  }

  #read(from, limit) {
    const wanted = Math.min(limit, this.end - from);
    const bytes = new Uint8Array(wanted);
    let start = this.confirmed;
    let filled = 0;
    for (const piece of this.pieces) {
      if (filled === wanted) break;
      const skip = Math.max(0, from + filled - start);
      if (skip < piece.length) {
        const part = piece.subarray(skip, skip + wanted - filled);
        bytes.set(part, filled);
        filled += part.length;
      }
      start += piece.length;
    }
    return bytes;
  }
}
