// What things are called and coloured, the same in every part of the page.

const COLOURS = 12;

// The same layer has the same colour in every image that has it.
export function colour(digest) {
  const number = parseInt(digest.slice(7, 13), 16) % COLOURS;
  return `hsl(${(number * 360) / COLOURS} 60% 52%)`;
}

export function instruction(createdBy) {
  return createdBy
    .replace(/^\/bin\/sh -c #\(nop\)\s*/, "")
    .replace(/\s*# buildkit$/, "")
    .replace(/^(RUN )?\/bin\/sh -c /, "RUN ")
    // As the build cache has it, while a build runs.
    .replace(/^mount \/ from exec (\/bin\/sh -c )?/, "RUN ")
    .replace(/^\[[^\]]*\] /, "")
    // As Go prints what the builder holds: a set of ports, a list of words.
    .replace(/^EXPOSE map\[(.*)\]$/, (_, ports) => `EXPOSE ${ports.replaceAll(":{}", "")}`)
    .replace(/^VOLUME \[([^"]*)\]$/, "VOLUME $1")
    .replace(/^(CMD|ENTRYPOINT|SHELL) \[.*\]$/, (words) => words.replace(/(?<!\\)" "/g, '", "'))
    .trim();
}

export function shortName(tag) {
  return tag.replace(/:latest$/, "");
}

// An image's names, or the start of its id where it has none.
export function imageNames(image) {
  return image.tags.length ? image.tags : [image.id.slice(7, 19)];
}

// A word of a command line, quoted where the shell would take it apart.
export function shellWord(text) {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
