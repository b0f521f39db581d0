// What is being built or pulled, put into the tree of layers from which the picture is drawn.

// The images on which builds stand: they are worth a place as long as these run.
export function bases(making) {
  return Object.values(making).flatMap((each) => (each.base ? [each.base] : []));
}

function child(node, key, layer, more) {
  if (!node.children.has(key)) node.children.set(key, { key, layer, children: new Map(), images: [], depth: node.depth + 1, ...more });
  return node.children.get(key);
}

// `tops` has the node of each image's last layer, `byDigest` that of each layer.
export function addMaking(making, root, tops, byDigest) {
  const nodes = new Map();
  const put = (key) => {
    if (nodes.has(key)) return nodes.get(key);
    const each = making[key];
    if (!each) return root;
    nodes.set(key, root); // records that name each other in a ring
    const base = each.what === "base" && tops.get(each.base);
    const node = base || child(each.parent ? put(`k:${each.parent}`) : root, key, each, { kind: "step" });
    nodes.set(key, node);
    return node;
  };
  for (const [key, each] of Object.entries(making)) if (each.what === "step" || each.what === "base") put(key);

  // A pulled layer is a layer as any other; the files still being fetched lie loose on the last one.
  let last = root;
  const pulled = Object.values(making).filter((each) => each.what === "layer");
  const place = (each) => {
    if (byDigest.has(each.digest)) return byDigest.get(each.digest);
    byDigest.set(each.digest, root);
    const below = pulled.find((other) => other.digest === each.below);
    const under = below ? place(below) : (byDigest.get(each.below) ?? root);
    const node = child(under, each.digest, { ...each, created_by: "" });
    byDigest.set(each.digest, node);
    return node;
  };
  for (const each of pulled) {
    const node = place(each);
    if (node.depth > last.depth || last === root) last = node;
  }
  for (const [key, each] of Object.entries(making)) if (each.what === "blob") last = child(last, key, each, { kind: "blob" });
}
