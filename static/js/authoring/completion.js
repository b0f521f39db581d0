// Completes the lesson format: blocks, names of checks, images, commands and their options, keys.

const options = (names, type = "keyword") => names.map((label) => ({ label, type }));
const described = (facts) => Object.entries(facts).map(([label, detail]) => ({ label, info: detail || undefined, type: "property" }));

export function completer(words, files) {
  const checks = () => [...(files()["lesson.toml"] ?? "").matchAll(/^\[+checks\.([a-z0-9-]+)/gm)].map((each) => each[1]);
  const pictures = () => Object.keys(files()).filter((name) => /\.(png|jpg|webp|svg)$/.test(name));

  return (name) => (context) => {
    const line = context.state.doc.lineAt(context.pos);
    const before = line.text.slice(0, context.pos - line.from);
    const found = name.endsWith(".toml") ? inToml(context, line, before) : inMarkdown(context, line, before);
    if (!found) return null;
    const [list, typed] = found;
    if (!typed && !context.explicit && !/[\s:"=`(,-]$/.test(before)) return null;
    return { from: context.pos - typed.length, options: list, validFor: /^[\w./:-]*$/ };
  };

  function inMarkdown(context, line, before) {
    let match;
    if ((match = before.match(/^:::\s+(?:check|solution)\s+([\w-]*)$/))) return [options(unique(checks()), "variable"), match[1]];
    if ((match = before.match(/^:::\s+layers\s+([\w./:-]*)$/))) return [options(words.images, "constant"), match[1]];
    if ((match = before.match(/^:::\s+quiz\s+[\w-]+\s+(\w*)$/))) return [options(words.quizzes), match[1]];
    if ((match = before.match(/^:::\s*(\w*)$/))) return [options(words.blocks).map((each) => ({ ...each, apply: before.includes(" ") ? each.label : ` ${each.label}` })), match[1]];
    if ((match = before.match(/^\s*```(\w*)$/))) return [options(words.fences), match[1]];
    if ((match = before.match(/\]\(lesson:([\w-]*)$/))) return [options(words.lessons, "variable"), match[1]];
    if ((match = before.match(/!\[[^\]]*\]\(([\w.-]*)$/))) return [options(pictures(), "variable"), match[1]];
    const fence = fenceAround(context.state, line.number);
    if (fence === "run") return inCommand(before);
    if (fence === "keys") return [options(words.keys), before.match(/[\w-]*$/)[0]];
    return null;
  }

  // `docker run --na…`
  function inCommand(before) {
    const match = before.match(/(?:^|[|;&(]\s*)docker((?:\s+[a-z-]+)*?)\s+(?:.*\s)?([\w./:-]*)$/);
    if (!match) return null;
    const typed = before.match(/[\w./:-]*$/)[0];
    const parts = before.replace(/^.*docker\s+/, "").split(/\s+/).slice(0, -1);
    const path = parts.filter((each) => /^[a-z]+$/.test(each));
    const command = [path.slice(0, 2).join(" "), words.short[path[0]], path[0]].find((each) => each && words.docker[each]);
    if (typed.startsWith("-")) return command ? [words.docker[command].map((each) => ({ label: `--${each}`, type: "property" })), typed] : null;
    if (!parts.length) return [options(Object.keys(words.short), "function"), typed];
    if (parts.length === 1 && !words.docker[words.short[path[0]]]) {
      const inner = Object.keys(words.docker).filter((each) => each.startsWith(`${path[0]} `)).map((each) => each.split(" ")[1]);
      return inner.length ? [options(unique(inner), "function"), typed] : null;
    }
    return [options(words.images, "constant"), typed];
  }

  function inToml(context, line, before) {
    let match;
    if ((match = before.match(/\btrack\s*=\s*"([\w-]*)$/))) return [options(words.tracks, "constant"), match[1]];
    if ((match = before.match(/\blevel\s*=\s*"(\w*)$/))) return [options(words.levels, "constant"), match[1]];
    if ((match = before.match(/\b(?:image|parent|tag)\s*=\s*"([\w./:-]*)$/)) || (match = before.match(/^images\s*=\s*\[.*"([\w./:-]*)$/))) return [options(words.images, "constant"), match[1]];
    if ((match = before.match(/^requires\s*=\s*\[.*"([\w-]*)$/))) return [options(words.lessons, "variable"), match[1]];
    if ((match = before.match(/\bdocker\s*=\s*"([\w ]*)$/))) return [options(unique([...Object.keys(words.short), ...Object.keys(words.docker)]), "function"), match[1]];
    if ((match = before.match(/\boptions\s*=\s*\{(?:.*[,{])?\s*([\w-]*)$/))) {
      const said = line.text.match(/\bdocker\s*=\s*"([\w ]+)"/)?.[1] ?? "";
      const command = [said, words.short[said]].find((each) => words.docker[each]);
      return command ? [options(words.docker[command], "property"), match[1]] : null;
    }
    if ((match = before.match(/^(\w+)\s*=\s*(?:\[\s*)?\{(?:.*,)?\s*(\w*)$/)) && words.checks[match[1]]) return [described(words.checks[match[1]]), match[2]];
    if ((match = before.match(/^(\w*)$/))) {
      const section = sectionOf(context.state, line.number);
      if (!section) return [[...described(words.facts)], match[1]];
      const [first, , kind] = section.split(".");
      if (first === "title" || first === "summary") return [options(words.languages, "property"), match[1]];
      if (first === "setup") return [options(["script"], "property"), match[1]];
      if (first === "checks") return [kind ? described(words.checks[kind] ?? {}) : options(Object.keys(words.checks), "property"), match[1]];
    }
    return null;
  }
}

const unique = (names) => [...new Set(names)];

function fenceAround(state, number) {
  let inside = "";
  for (let n = 1; n < number; n += 1) {
    const match = state.doc.line(n).text.match(/^\s*```+\s*(\w*)/);
    if (match) inside = inside ? "" : match[1] || "text";
  }
  return inside;
}

function sectionOf(state, number) {
  for (let n = number - 1; n > 0; n -= 1) {
    const match = state.doc.line(n).text.match(/^\s*\[+([\w.-]+)\]+/);
    if (match) return match[1];
  }
  return "";
}
