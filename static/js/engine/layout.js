// Where everything of an engine's state stands in the picture. Pure: no page, no time.
import { narrow } from "./narrow.js";
import { BETWEEN_ROWS, GAP, LABEL, LAYER, MARGIN, PLACE, PORT, scene } from "./scene.js";

const BUS = 20;
const MIN_SLOT = 140;
const MAKING_SLOT = 180;
// What is a little wider than the page is made smaller, by at most this.
const WIDER = 1.25;
// A page that is no wider has everything one below the other.
const NARROW = 540;

export function layout(state, { width, ...options }) {
  const drawn = scene(state, options);
  return width < NARROW ? narrow(drawn, width) : wide(drawn, width);
}

function grid(count, card) {
  const columns = count <= 2 ? Math.max(1, count) : Math.min(count, count > 9 ? Math.ceil(Math.sqrt(count * 1.6)) : 3);
  const rows = Math.ceil(count / columns);
  return { columns, rows, width: columns * (card.width + GAP) - GAP, height: rows * (card.height + GAP) };
}

function slotWidth(image, containers, card) {
  const mine = containers.get(image.id) ?? [];
  return Math.max(MIN_SLOT, mine.length ? grid(mine.length, card).width : 0);
}

function measure(node, containers, card) {
  const slots = node.images.map((image) => slotWidth(image, containers, card));
  const children = [...node.children.values()].map((child) => measure(child, containers, card));
  const parts = [...children, ...slots];
  if (!parts.length) parts.push(MAKING_SLOT); // being made
  node.width = parts.reduce((sum, width) => sum + width, 0) + GAP * Math.max(0, parts.length - 1);
  return node.width;
}

// How high everything above a node reaches, from the top of its layer.
function reach(node, containers, card) {
  const above = [...node.children.values()].map((child) => LAYER + reach(child, containers, card));
  const slots = node.images.map((image) => {
    const mine = containers.get(image.id) ?? [];
    return LABEL + (mine.length ? grid(mine.length, card).height : 0);
  });
  return Math.max(0, ...above, ...slots);
}

// Stacks side by side as far as there is room, then in another row below.
function inRows(trees, room) {
  const rows = [[]];
  let left = 0;
  for (const node of trees) {
    if (left && left + node.width > room) {
      rows.push([]);
      left = 0;
    }
    rows.at(-1).push(node);
    left += node.width + 2 * GAP;
  }
  return rows;
}

function wide(drawn, width) {
  const { all: everyContainer, containers, strays, card, small, trees, networks: buses, places, rest } = drawn;
  for (const node of trees) measure(node, containers, card);
  const top = MARGIN + 26 + buses.length * BUS + GAP;
  const rows = inRows(trees, width * WIDER - (places.length ? PLACE.width + 40 + MARGIN : 0));
  let base = top;
  const boxes = [];
  const lines = [];
  const at = new Map();

  function putContainer(container, x, y) {
    at.set(container.name, { x, y });
    boxes.push({ key: `c:${container.id}`, kind: "container", x, y, ...card, small, data: container });
  }

  function put(node, x) {
    const y = base - (node.depth + 1) * LAYER;
    const kind = node.kind ?? "layer";
    boxes.push({ key: node.kind ? node.key : `l:${node.layer.digest}`, kind, x, y, width: node.width, height: LAYER - 3, data: node.layer });
    let left = x;
    for (const child of node.children.values()) {
      put(child, left);
      left += child.width + GAP;
    }
    for (const image of node.images) {
      const mine = containers.get(image.id) ?? [];
      const room = slotWidth(image, containers, card);
      boxes.push({ key: `i:${image.id}`, kind: "image", x: left, y: y - LABEL, width: room, height: LABEL - 2, data: image });
      const { columns } = grid(mine.length, card);
      mine.forEach((container, index) => {
        const row = Math.floor(index / columns);
        putContainer(container, left + (index % columns) * (card.width + GAP), y - LABEL - (row + 1) * (card.height + GAP) + GAP / 2);
      });
      left += room + GAP;
    }
  }

  let x = MARGIN;
  rows.forEach((row, index) => {
    const last = index === rows.length - 1;
    const high = Math.max(0, ...row.map((node) => LAYER + reach(node, containers, card)), last && strays.length ? card.height + GAP : 0);
    base += high + (index ? BETWEEN_ROWS : 0);
    if (last) base = Math.max(base, MARGIN + places.length * (PLACE.height + GAP) + 30);
    let left = MARGIN;
    for (const node of row) {
      put(node, left);
      left += node.width + 2 * GAP;
    }
    for (const container of last ? strays : []) {
      putContainer(container, left, base - card.height);
      left += card.width + GAP;
    }
    x = Math.max(x, left);
  });

  // Volumes and folders in a column of their own, with an arrow from each container that has them.
  const right = Math.max(x + (places.length ? 40 : 0), places.length ? width - PLACE.width - MARGIN : 0);
  places.forEach((place, index) => {
    const y = top + index * (PLACE.height + GAP);
    boxes.push({ key: place.key, kind: place.kind, x: right, y, ...PLACE, data: place });
    for (const { container, mount } of place.users) {
      const from = at.get(container.name);
      if (!from) continue;
      const [x1, y1, x2, y2] = [from.x + card.width, from.y + card.height * 0.6, right, y + PLACE.height / 2];
      const bend = Math.max(30, (x2 - x1) / 2);
      lines.push({
        key: `m:${container.id}:${mount.target}`,
        kind: "mount",
        d: `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`,
        writable: mount.writable,
        title: `${container.name}: ${mount.target}`,
      });
    }
  });

  const whole = Math.max(width, places.length ? right + PLACE.width + MARGIN : x);
  // Networks as lines along the top, with a tap to each container on them.
  buses.forEach((network, index) => {
    const y = MARGIN + 26 + index * BUS;
    const members = everyContainer.filter((container) => container.networks.some((n) => n.name === network.name) && at.has(container.name));
    const taps = members.map((container) => ({ container, x: at.get(container.name).x + 16 + 12 * (index % 8) }));
    const from = MARGIN + 6;
    const to = Math.max(from + 90, ...taps.map((tap) => tap.x));
    lines.push({ key: `n:${network.name}`, kind: "network", d: `M${from} ${y}H${to}`, hue: index, title: network.name });
    for (const tap of taps) {
      lines.push({ key: `t:${network.name}:${tap.container.id}`, kind: "tap", d: `M${tap.x} ${y}V${at.get(tap.container.name).y}`, hue: index, title: network.name, off: tap.container.state !== "running" });
    }
    boxes.push({ key: `n:${network.name}`, kind: "network", x: from, y: y - 15, width: 90, height: 15, hue: index, data: network });
  });

  // Published ports as pipes from the host's edge down to the container.
  for (const container of everyContainer) {
    const from = at.get(container.name);
    if (!from) continue;
    container.ports.forEach((port, index) => {
      const px = from.x + card.width - 30 - (PORT + 4) * index;
      lines.push({ key: `p:${container.id}:${port.host}/${port.protocol}`, kind: "pipe", d: `M${px} 2V${from.y}`, title: `${port.host} → ${container.name}:${port.inner}` });
      boxes.push({ key: `p:${container.id}:${port.host}/${port.protocol}`, kind: "port", x: px - PORT / 2, y: 0, width: PORT, height: 20, data: { container, port } });
    });
  }
  return { boxes, lines, width: whole, height: base + MARGIN, rest };
}
