// A container's processor share, an area, and its memory, a line, of the last minute.
const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 39;
const HEIGHT = 20;
// Less than this share of a processor does not fill the chart.
const LEAST_CPU = 0.1;

export function chart() {
  const made = document.createElementNS(SVG, "svg");
  made.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  made.setAttribute("preserveAspectRatio", "none");
  made.setAttribute("class", "chart");
  for (const [tag, name] of [["polygon", "cpu"], ["polyline", "memory"]]) {
    const shape = document.createElementNS(SVG, tag);
    shape.setAttribute("class", name);
    made.append(shape);
  }
  return made;
}

// Samples are [share, bytes], the newest last and at the right.
export function drawChart(made, samples) {
  const [cpu, memory] = made.children;
  const first = WIDTH - samples.length + 1;
  const points = (index, most) => samples.map((sample, n) => `${first + n},${(HEIGHT - 1 - (sample[index] / most) * (HEIGHT - 3)).toFixed(1)}`).join(" ");
  if (samples.length < 2) {
    cpu.removeAttribute("points");
    memory.removeAttribute("points");
    return;
  }
  cpu.setAttribute("points", `${first},${HEIGHT} ${points(0, Math.max(LEAST_CPU, ...samples.map((s) => s[0])))} ${WIDTH},${HEIGHT}`);
  // Room above: memory that stays the same is a line in the middle, not the chart's edge.
  memory.setAttribute("points", points(1, 1.6 * Math.max(1, ...samples.map((s) => s[1]))));
}
