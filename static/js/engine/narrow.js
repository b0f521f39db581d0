// The picture where there is no room side by side, as on a phone: everything one below the other.
//
// What stands on the same layer lies in a pile over it. The layer reaches up beside the pile as a rail,
// with a foot below each part but the lowest. Networks run down the left edge, ports are at the right
// one, volumes and folders at the bottom.
import { colour } from "./names.js";
import { BETWEEN_ROWS, GAP, LABEL, LAYER, MARGIN, PLACE, PORT } from "./scene.js";

const RAIL = 12;
const FOOT = 9;
const NETWORK = { line: 6, name: 18 };
const LANE = 5;
const MOST_LANES = 8;
const PORT_HEIGHT = 22;
const TOP = 26;

export function narrow(drawn, width) {
  const { all, containers, strays, card, small, trees, networks, places, rest } = drawn;
  const mounts = places.flatMap(({ key, users }) => users.map((user) => ({ ...user, key })));
  const left = 4 + NETWORK.line * Math.min(networks.length, MOST_LANES) + 4;
  const ports = all.some((container) => container.ports.length) ? PORT + GAP : 4;
  const lanes = mounts.length ? LANE * (Math.min(mounts.length, MOST_LANES) + 1) : 0;
  const room = width - left - ports - lanes;
  const boxes = [];
  const lines = [];
  const at = new Map();

  // Containers of an image in a grid whose lowest row comes first; answers its top.
  function putContainers(mine, x, space, bottom, isDrawn) {
    const columns = small ? Math.max(1, Math.floor((space + GAP) / (card.width + GAP))) : 1;
    const size = { width: small ? card.width : space, height: card.height };
    mine.forEach((container, index) => {
      if (!isDrawn) return;
      const place = { x: x + (index % columns) * (card.width + GAP), y: bottom - (Math.floor(index / columns) + 1) * (card.height + GAP) + GAP / 2 };
      at.set(container.name, { ...place, ...size });
      boxes.push({ key: `c:${container.id}`, kind: "container", ...place, ...size, small, data: container });
    });
    return bottom - Math.ceil(mine.length / columns) * (card.height + GAP);
  }

  function putImage(image, x, space, bottom, isDrawn) {
    if (isDrawn) boxes.push({ key: `i:${image.id}`, kind: "image", x, y: bottom - LABEL, width: space, height: LABEL - 2, data: image });
    return putContainers(containers.get(image.id) ?? [], x, space, bottom - LABEL, isDrawn);
  }

  // A layer with all that is built on it, above `bottom`; answers its top.
  function put(node, x, space, bottom, isDrawn) {
    const key = node.kind ? node.key : `l:${node.layer.digest}`;
    const parts = [...node.images.map((image) => [putImage, image]), ...[...node.children.values()].map((child) => [put, child])];
    let y = bottom - LAYER;
    if (isDrawn) boxes.push({ key, kind: node.kind ?? "layer", x, y, width: space, height: LAYER - 3, data: node.layer });
    const last = parts.length - 1;
    const feet = [];
    parts.forEach(([how, what], index) => {
      if (index) {
        y -= FOOT;
        feet.push(`M${x + 2} ${y + FOOT / 2}h${space - 2}`);
      }
      // The uppermost needs no room beside it: the rail ends below it.
      const indent = index < last ? RAIL : 0;
      y = how(what, x + indent, space - indent, y, isDrawn);
      if (index === last - 1) feet.push(`M${x + 3} ${bottom - LAYER}V${y - FOOT / 2}`);
    });
    if (isDrawn && last > 0) lines.push({ key: `r:${key}`, kind: "rail", d: feet.join(""), colour: node.kind ? "" : colour(node.layer.digest), title: "" });
    return y;
  }

  let y = TOP + networks.length * NETWORK.name + GAP;
  for (const node of trees) {
    const high = -put(node, left, room, 0, false);
    put(node, left, room, y + high, true);
    y += high + BETWEEN_ROWS;
  }
  if (strays.length) {
    const high = -putContainers(strays, left, room, 0, false);
    putContainers(strays, left, room, y + high, true);
    y += high + BETWEEN_ROWS;
  }

  for (const place of places) {
    const size = { width: Math.min(room, 1.4 * PLACE.width), height: PLACE.height };
    boxes.push({ key: place.key, kind: place.kind, x: left, y, ...size, data: place });
    at.set(place.key, { x: left, y, ...size });
    y += PLACE.height + GAP;
  }
  mounts.forEach(({ container, mount, key }, index) => {
    const [from, to] = [at.get(container.name), at.get(key)];
    if (!from) return;
    const lane = left + room + LANE * ((index % MOST_LANES) + 1);
    lines.push({
      key: `m:${container.id}:${mount.target}`,
      kind: "mount",
      d: `M${from.x + from.width} ${from.y + from.height * 0.75}H${lane}V${to.y + to.height / 2}H${to.x + to.width}`,
      writable: mount.writable,
      title: `${container.name}: ${mount.target}`,
    });
  });

  networks.forEach((network, index) => {
    const x = 4 + NETWORK.line * (index % MOST_LANES);
    const top = TOP + index * NETWORK.name + NETWORK.name / 2;
    const members = all.filter((container) => at.has(container.name) && container.networks.some(({ name }) => name === network.name));
    const taps = members.map((container) => ({ container, to: at.get(container.name), y: at.get(container.name).y + 8 + ((NETWORK.line * index) % (card.height - 12)) }));
    const end = Math.max(top, ...taps.map((tap) => tap.y));
    lines.push({ key: `n:${network.name}`, kind: "network", d: `M${left} ${top}H${x}V${end}`, hue: index, title: network.name });
    for (const tap of taps) {
      lines.push({ key: `t:${network.name}:${tap.container.id}`, kind: "tap", d: `M${x} ${tap.y}H${tap.to.x}`, hue: index, title: network.name, off: tap.container.state !== "running" });
    }
    boxes.push({ key: `n:${network.name}`, kind: "network", x: left, y: top - NETWORK.name / 2 + 1, width: 140, height: 15, hue: index, data: network });
  });

  // From the top down, so that two ports at the same height lie one below the other.
  const wanted = all
    .filter((container) => at.has(container.name))
    .flatMap((container) => container.ports.map((port, index) => ({ container, port, from: at.get(container.name), y: at.get(container.name).y + 4 + PORT_HEIGHT * index })))
    .sort((a, b) => a.y - b.y);
  let free = 0;
  for (const { container, port, from, y: nearest } of wanted) {
    const py = Math.max(free, nearest);
    free = py + PORT_HEIGHT;
    const key = `p:${container.id}:${port.host}/${port.protocol}`;
    const [x1, x2, to] = [from.x + from.width, width - PORT, Math.min(nearest + 10, from.y + from.height - 6)];
    const middle = (x1 + x2) / 2;
    lines.push({ key, kind: "pipe", d: `M${x2} ${py + 10}C${middle} ${py + 10} ${middle} ${to} ${x1} ${to}`, title: `${port.host} → ${container.name}:${port.inner}` });
    boxes.push({ key, kind: "port", x: x2, y: py, width: PORT, height: 20, data: { container, port } });
  }
  return { boxes, lines, width, height: Math.max(y, free + GAP) - GAP + MARGIN, rest, narrow: true };
}
