// What is to be drawn of an engine's state, before anything has a place. Pure: no page, no time.
//
// Layers are a tree: a layer that several images share is drawn once, with what is built on it above.
// A container stands on its image's last layer. Everything has a key, so that what stays can move.
import { addMaking, bases } from "./making.js";
import { imageNames } from "./names.js";

const CARD = { width: 158, height: 92 };
const EXEC = 16;
const SMALL_CARD = { width: 92, height: 40 };
const MANY = 24;
export const LAYER = 24;
export const LABEL = 22;
export const GAP = 10;
export const MARGIN = 14;
export const PLACE = { width: 150, height: 38 };
export const PORT = 52;
export const BETWEEN_ROWS = 26;

// Images that are worth a place: those with containers, and those that did not come with the host.
function shownImages(state, { catalogue, touched, all }) {
  const used = new Set([...Object.values(state.containers).map((container) => container.image_id), ...bases(state.making)]);
  const images = Object.values(state.images);
  const shown = images.filter((image) => all || used.has(image.id) || touched.has(image.id) || !image.tags.some((tag) => catalogue.has(tag)));
  return { shown, rest: images.filter((image) => !shown.includes(image)) };
}

// The tree of layers: each node has the images that end at it.
function layerTree(images, making) {
  const tops = new Map();
  const byDigest = new Map();
  const root = { children: new Map(), images: [], depth: -1 };
  for (const image of [...images].sort((a, b) => a.created - b.created)) {
    let node = root;
    for (const layer of image.layers) {
      if (!node.children.has(layer.digest)) {
        node.children.set(layer.digest, { layer, children: new Map(), images: [], depth: node.depth + 1 });
      }
      node = node.children.get(layer.digest);
      byDigest.set(layer.digest, node);
    }
    node.images.push(image);
    tops.set(image.id, node);
  }
  addMaking(making, root, tops, byDigest);
  return root;
}

// Volumes and bind mounts, each once, with who uses it.
function storage(state, containers) {
  const places = new Map();
  for (const volume of Object.values(state.volumes)) {
    places.set(`v:${volume.name}`, { key: `v:${volume.name}`, kind: "volume", name: volume.name, users: [] });
  }
  for (const container of containers) {
    for (const mount of container.mounts) {
      const bind = mount.type === "bind";
      if (!bind && mount.type !== "volume") continue;
      const key = bind ? `b:${mount.source}` : `v:${mount.name}`;
      if (!places.has(key)) places.set(key, { key, kind: bind ? "bind" : "volume", name: bind ? mount.source : mount.name, users: [] });
      places.get(key).users.push({ container, mount });
    }
  }
  return [...places.values()];
}

// Trees of layers; containers by their image, and those whose image is not shown; networks and places.
export function scene(state, options) {
  const { shown, rest } = shownImages(state, options);
  const all = Object.values(state.containers).sort((a, b) => a.created.localeCompare(b.created));
  const execs = all.some((container) => container.execs.length);
  const small = all.length > MANY;
  const card = small ? SMALL_CARD : { ...CARD, height: CARD.height + (execs ? EXEC : 0) };
  const known = new Set(shown.map((image) => image.id));
  const containers = new Map();
  const strays = [];
  for (const container of all) {
    if (!known.has(container.image_id)) strays.push(container);
    else if (containers.has(container.image_id)) containers.get(container.image_id).push(container);
    else containers.set(container.image_id, [container]);
  }
  const networks = Object.values(state.networks).filter((network) => !["host", "none"].includes(network.name));
  return {
    all, containers, strays, card, small,
    trees: [...layerTree(shown, state.making).children.values()],
    networks: networks.filter((network) => network.name !== "bridge" || all.some((c) => c.networks.some((n) => n.name === "bridge"))),
    places: storage(state, all),
    rest: rest.flatMap((image) => imageNames(image)).sort(),
  };
}
