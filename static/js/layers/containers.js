// The read/write layers of the shown image's containers, looked at again while somebody sees them.

const EVERY = 1500;
// More than these are not looked at by themselves, but when they are chosen.
const MOST = 4;

export class ContainerLayers {
  constructor(explorer) {
    this.explorer = explorer;
    this.containers = [];
    this.found = new Map();
    this.said = new Map();
  }

  follow(containers) {
    this.containers = containers;
    for (const id of this.found.keys()) {
      if (containers.some((container) => container.id === id)) continue;
      this.found.delete(id);
      this.said.delete(id);
    }
    this.look();
  }

  watch(isWatched) {
    clearInterval(this.clock);
    if (isWatched) this.clock = setInterval(() => document.hidden || this.look(), EVERY);
  }

  async look() {
    if (this.isLooking) return;
    this.isLooking = true;
    try {
      const chosen = this.explorer.container;
      const looked = this.containers.filter(({ id }, number) => number < MOST || id === chosen?.id);
      for (const { id } of looked) {
        const answer = await this.explorer.ask("container", { container: id, offset: 0 });
        const said = JSON.stringify(answer);
        if (this.said.get(id) === said || !this.containers.some((each) => each.id === id)) continue;
        this.said.set(id, said);
        this.found.set(id, answer);
        this.explorer.changed(id);
      }
    } catch (error) {
      if (!error.code) throw error; // else it has just ended, and the next look knows
    } finally {
      this.isLooking = false;
    }
  }
}
