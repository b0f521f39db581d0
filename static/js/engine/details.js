// What is known of one thing in the picture, and the command that shows the same.
import { imageNames, instruction, shellWord, shortName } from "./names.js";
import { sizeText } from "../size.js";

function time(text) {
  return text.startsWith("0001") ? "" : new Date(text).toLocaleTimeString();
}

// Title, rows of facts and the command of a key; null where it is not in that state.
export function details(key, state, words) {
  const [kind, id, rest] = [key[0], key.slice(2).split(":")[0], key.slice(2)];
  if (kind === "c") return container(state.containers[id], words);
  if (kind === "p") return port(state.containers[id], key.split(":").at(-1), words);
  if (kind === "i") return image(state.images[rest], words);
  if (kind === "l") return layer(rest, state, words);
  if (kind === "k" || kind === "a") return making(key, state.making[key], words);
  if (kind === "n") return network(rest, state, words);
  if (kind === "v" || kind === "b") return place(kind, rest, state, words);
  return null;
}

function container(c, w) {
  if (!c) return null;
  return {
    title: `${w.container} ${c.name}`,
    rows: [
      [w.state, c.state === "exited" ? `exited (${c.exit_code})${c.oom ? " OOM" : ""}` : c.state],
      [w.health, c.health.state === "none" ? "" : c.health.state],
      [w.image, c.image], [w.command, c.command.join(" ")], ["exec", c.execs.map((e) => `${e.command}${e.user ? ` (-u ${e.user})` : ""}`).join("\n")], ["ID", c.id], [w.started, time(c.started)], [w.ended, c.state === "exited" ? time(c.finished) : ""],
      [w.user, c.user || "root"], [w.folder, c.workdir || "/"], [w.hostname, c.hostname],
      [w.ports, c.ports.map((p) => `${p.host} → ${p.inner}/${p.protocol}`).join("\n")],
      [w.mounts, c.mounts.map((m) => `${m.name || m.source} → ${m.target}${m.writable ? "" : " (ro)"}`).join("\n")],
      [w.networks, c.networks.map((n) => `${n.name} ${n.address}`).join("\n")],
      [w.environment, c.env.join("\n")],
      [w.limits, [c.memory ? `-m ${sizeText(c.memory)}` : "", c.cpus ? `--cpus ${c.cpus}` : "", c.read_only ? "--read-only" : "", c.privileged ? "--privileged" : "", c.restart && c.restart !== "no" ? `--restart ${c.restart}` : "", c.auto_remove ? "--rm" : ""].filter(Boolean).join(" ")],
    ],
    command: `docker inspect ${c.name}`,
  };
}

function port(c, name, w) {
  const found = c?.ports.find((p) => `${p.host}/${p.protocol}` === name);
  if (!found) return null;
  return {
    title: `${w.port} ${found.host}`,
    rows: [[w.container, c.name], [w.leadsTo, `${found.inner}/${found.protocol}`], [w.address, found.address]],
    command: found.protocol === "tcp" ? `curl localhost:${found.host}` : `docker port ${c.name}`,
    port: found,
    container: c,
  };
}

function image(i, w) {
  if (!i) return null;
  const name = imageNames(i)[0];
  return {
    title: `${w.image} ${imageNames(i).map(shortName).join(", ")}`,
    rows: [["ID", i.id.slice(7, 19)], [w.size, sizeText(i.size)], [w.created, new Date(i.created * 1000).toLocaleDateString()], [w.layers, i.layers.map((l) => `${sizeText(l.size)}  ${instruction(l.created_by) || w.base}`).reverse().join("\n")]],
    command: `docker history ${shortName(name)}`,
    image: name,
  };
}

function layer(digest, state, w) {
  const having = Object.values(state.images).filter((i) => i.layers.some((l) => l.digest === digest));
  const arrived = state.making[digest];
  if (!having.length && arrived) return { title: `${w.layer} ${digest.slice(7, 19)}`, rows: [[w.size, sizeText(arrived.size)]], command: "docker images" };
  if (!having.length) return null;
  const found = having[0].layers.find((l) => l.digest === digest);
  return {
    title: `${w.layer} ${digest.slice(7, 19)}`,
    rows: [[w.instruction, instruction(found.created_by) || w.base], [w.size, sizeText(found.size)], [w.images, having.flatMap(imageNames).map(shortName).join("\n")]],
    command: `docker history --no-trunc ${shortName(imageNames(having[0])[0])}`,
    image: imageNames(having[0])[0],
  };
}

// A step of a build that runs, or a file of a pull.
function making(key, m, w) {
  if (!m) return null;
  if (key[0] === "a") return { title: w.fetching, rows: [[w.size, sizeText(m.bytes)]], command: "ls -l /var/lib/docker/tmp" };
  return {
    title: m.running ? w.building : w.built,
    rows: [[w.instruction, instruction(m.text)], [w.size, m.running ? "" : sizeText(m.size)], ["ID", m.id]],
    command: "docker buildx du",
  };
}

function network(name, state, w) {
  const found = Object.values(state.networks).find((n) => n.name === name);
  if (!found) return null;
  const members = Object.values(state.containers).flatMap((c) => c.networks.filter((n) => n.name === name).map((n) => `${c.name} ${n.address}`));
  return { title: `${w.network} ${name}`, rows: [[w.driver, found.driver], [w.containers, members.join("\n")]], command: `docker network inspect ${shellWord(name)}` };
}

function place(kind, name, state, w) {
  const users = Object.values(state.containers).flatMap((c) =>
    c.mounts.filter((m) => (kind === "b" ? m.source === name && m.type === "bind" : m.name === name)).map((m) => `${c.name}: ${m.target}${m.writable ? "" : " (ro)"}`),
  );
  if (kind === "v" && !state.volumes[name] && !users.length) return null;
  return {
    title: `${kind === "b" ? w.folder : w.volume} ${name}`,
    rows: [[w.containers, users.join("\n")]],
    command: kind === "b" ? `ls -ld ${shellWord(name)}` : `docker volume inspect ${shellWord(name)}`,
  };
}
