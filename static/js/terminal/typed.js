// What is typed at a host's prompt: its shell says each line before it runs it, by the escape
// sequence of VS Code's shell integration (`OSC 633 ; E ; line`), which comes with the output.
// As the output is played again after a reload, so are they.
const ESCAPED = /\\(?:\\|x([0-9a-f]{2}))/g;
const MOST = 8000; // characters; more is not explained

// docker where a command may stand: `cd app && sudo docker build .`, but not `echo docker`.
const DOCKER = /(?:^|[;&|(`\n])\s*(?:(?:sudo|time|exec|env|\w+=\S*)\s+)*docker\s+[^\s;&|]/;

export function followTyped(terminal, heard) {
  terminal.parser.registerOscHandler(633, (data) => {
    if (!data.startsWith("E;")) return false;
    const line = data.slice(2).replace(ESCAPED, (_, code) => (code ? String.fromCharCode(parseInt(code, 16)) : "\\")).trim();
    if (line.length <= MOST && DOCKER.test(line)) heard(line);
    return false; // others may want to hear of it too
  });
}
