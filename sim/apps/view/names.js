// Names of lines: at their ends where a chart has room for them, else in rows above it. None is cut: its last word may be what tells it apart.

import { draw, make } from "./dom.js";

// An alarm that rings; about its middle.
export const BELL = "M-5 3h10l-1.6 -2.4v-3a3.4 3.4 0 0 0 -6.8 0v3zM-1.5 4.2a1.5 1.5 0 0 0 3 0z";
const LINE_HIGH = 14; // px from one line of a name to the next
const BETWEEN = 3; // px between names
const pen = document.createElement("canvas").getContext("2d");
const widths = new Map();

export function widthOf(app, words, bold) {
  const key = `${bold ? 700 : 500}${words}`;
  if (!widths.has(key)) {
    pen.font = `${bold ? 700 : 500} 12.5px ${app.font}`;
    widths.set(key, pen.measureText(words).width);
  }
  return widths.get(key);
}

// A name in lines that are as even as can be; null where two of them are too few.
export function inLines(name, room, wide) {
  if (wide(name) <= room) return [name];
  const words = name.split(" ");
  const cuts = words.slice(1).map((_, n) => [words.slice(0, n + 1).join(" "), words.slice(n + 1).join(" ")]);
  const longest = (lines) => Math.max(...lines.map(wide));
  const best = cuts.sort((one, other) => longest(one) - longest(other))[0];
  return best && longest(best) <= room ? best : null;
}

// Names at the ends, each as high as its lines, moved apart where they would touch.
export function spread(wanted, tall, low, high) {
  const order = wanted.map((at, n) => [at, n]).sort((one, other) => one[0] - other[0]);
  const apart = (n) => (tall[order[n - 1][1]] + tall[order[n][1]]) / 2;
  const placed = order.map(([at]) => at);
  for (let n = 1; n < placed.length; n++) placed[n] = Math.max(placed[n], placed[n - 1] + apart(n));
  const over = placed.length ? Math.max(0, placed.at(-1) + tall[order.at(-1)[1]] / 2 - high) : 0;
  if (over) {
    placed[placed.length - 1] -= over;
    for (let n = placed.length - 2; n >= 0; n--) placed[n] = Math.min(placed[n], placed[n + 1] - apart(n + 1));
  }
  const found = new Array(wanted.length);
  order.forEach(([, n], place) => (found[n] = Math.max(placed[place], low + tall[n] / 2)));
  return found;
}

export function nameEnds(svg, app, chart, ends, { x, low, high, wide }) {
  const lines = ends.map((end) => inLines(end.say, wide - 22, (words) => widthOf(app, words, end.chosen)));
  const tall = lines.map((each) => (each?.length ?? 1) * LINE_HIGH + BETWEEN);
  const fits = lines.every(Boolean) && tall.reduce((sum, each) => sum + each, 0) <= high - low;
  const places = spread(ends.map((end) => end.y), fits ? tall : tall.map(() => 11), low, high);
  ends.forEach((end, n) => {
    const y = places[n];
    if (x - end.x < (end.near ?? Infinity)) svg.append(draw("path", { d: `M${end.x} ${end.y}L${x + 4} ${y}`, stroke: end.colour, "stroke-width": 0.8, fill: "none", opacity: 0.6 }));
    svg.append(sign(end, x + 11, y));
    if (!fits) return;
    const text = draw("text", { "data-who": end.who, class: "dl-name", fill: end.ink, "font-weight": end.chosen ? 700 : 500 });
    lines[n].forEach((words, row) => text.append(draw("tspan", { x: x + 20, y: y + (row - (lines[n].length - 1) / 2) * LINE_HIGH, "dominant-baseline": "central" }, words)));
    svg.append(text);
  });
  legend(chart, fits ? [] : ends);
}

// In the order of the strategies, so that a row stays where it is while lines move.
export function legend(chart, ends) {
  chart.legend.hidden = !ends.length;
  chart.legend.replaceChildren(...ends.map((end) => {
    const swatch = draw("svg", { width: 26, height: 12, viewBox: "0 0 26 12", "aria-hidden": "true" }, end.dash ? draw("line", { x1: 0, x2: 26, y1: 6, y2: 6, stroke: end.colour, "stroke-width": 2.2, "stroke-dasharray": end.dash.join(" ") || null }) : null, sign(end, 13, 6));
    return make("li", { "data-who": end.who, style: { color: end.ink, "font-weight": end.chosen ? 700 : 500 } }, swatch, make("span", { text: end.say }));
  }));
}

const MARKS = {
  circle: "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0Z", square: "M-3.6 -3.6h7.2v7.2h-7.2Z", diamond: "M0 -5L5 0L0 5L-5 0Z",
  up: "M0 -4.6L4.6 3.6H-4.6Z", down: "M0 4.6L4.6 -3.6H-4.6Z", left: "M-4.6 0L3.6 -4.6V4.6Z", right: "M4.6 0L-3.6 -4.6V4.6Z",
  cross: "M-4.6 -2.6L-2.6 -4.6L0 -2L2.6 -4.6L4.6 -2.6L2 0L4.6 2.6L2.6 4.6L0 2L-2.6 4.6L-4.6 2.6L-2 0Z",
  plus: "M-1.5 -4.8H1.5V-1.5H4.8V1.5H1.5V4.8H-1.5V1.5H-4.8V-1.5H-1.5Z",
  star: "M0 -5.2L1.5 -1.7L5 -1.6L2.2 .7L3.2 4.3L0 2.2L-3.2 4.3L-2.2 .7L-5 -1.6L-1.5 -1.7Z",
  hexagon: "M0 -4.8L4.2 -2.4V2.4L0 4.8L-4.2 2.4V-2.4Z", "flat hexagon": "M-4.6 0L-2.3 -4H2.3L4.6 0L2.3 4H-2.3Z",
  pentagon: "M0 -4.8L4.6 -1.5L2.8 3.9H-2.8L-4.6 -1.5Z", "thin diamond": "M0 -5.4L3.1 0L0 5.4L-3.1 0Z",
};

export function mark(kind, x, y, colour, scaleBy = 1) {
  return draw("path", { d: MARKS[kind] ?? MARKS.circle, transform: `translate(${x} ${y}) scale(${scaleBy})`, fill: colour });
}

// What is only a line has no mark of its own.
function sign(end, x, y) {
  if (end.marker) return mark(end.marker, x, y, end.colour);
  return draw("line", { x1: x - 7, x2: x + 6, y1: y, y2: y, stroke: end.colour, "stroke-width": 1.8, "stroke-dasharray": "4 2" });
}
