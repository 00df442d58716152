// What every chart has: a frame with ticks, scales, steps, names at the lines' ends, marks. SVG, made anew for an answer.

import { draw, make, say } from "./dom.js";
import { makeProse } from "./numbers.js";

export const LEFT = 54;
export const rightOf = (width) => (width < 400 ? 92 : 146);

export function makeChart(app, { name, part = "charts", heading = "h3" }) {
  const title = make(heading, { class: "dl-title" });
  const axis = make("p", { class: "dl-axis" });
  const stage = make("div", { class: "dl-stage" });
  const words = make("p", { class: "dl-words", "aria-live": "polite", "data-part": "words" });
  const node = make("section", { class: `dl-card dl-chart dl-${name}`, "data-part": part }, title, axis, stage, words);
  const [heads, sentence] = [makeProse(app, title), makeProse(app, words)];
  const chart = {
    node, stage, name,
    told: null,
    ghosts: false, // whether a pinned run is drawn in it
    svg: null,
    size: { width: 0, height: 0 },
    render: () => {},
    words(told, parts) {
      heads.tell(told.title_parts ?? told.title);
      // What is the page's headline need not be read twice.
      title.classList.toggle("dl-hidden", told.title === app.told?.title);
      say(axis, app.ghost && chart.ghosts ? `${told.axis}; ${app.told.phrases.pinned}` : told.axis);
      sentence.tell(parts ?? told.words_parts ?? told.words ?? "");
      node.setAttribute("aria-label", told.title);
    },
    again() {
      const { width, height } = stage.getBoundingClientRect();
      if (width <= LEFT + rightOf(width) || !chart.told) return; // hidden, or not laid out yet
      chart.size = { width, height };
      chart.svg = draw("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img" });
      chart.render(chart.svg, chart.told, chart.size);
      chart.svg.setAttribute("aria-label", title.textContent);
      stage.replaceChildren(chart.svg);
      app.clock.touch();
    },
    show(told) {
      chart.told = told;
      chart.again();
    },
  };
  const watch = new ResizeObserver(() => {
    const { width, height } = stage.getBoundingClientRect();
    if (Math.abs(width - chart.size.width) > 1 || Math.abs(height - chart.size.height) > 1) chart.again();
  });
  watch.observe(stage);
  app.ends.push(() => watch.disconnect());
  app.charts.push(chart);
  return chart;
}

export function scale(axis, from, to) {
  const turn = axis.log ? Math.log : (value) => value;
  const [low, high] = [turn(axis.low), turn(axis.high)];
  return (value) => from + ((turn(Math.max(value, axis.log ? axis.low : -Infinity)) - low) / (high - low)) * (to - from);
}

// An axis that a pinned run has room on as well.
export function reach(app, told, name) {
  const mine = told.axes[name];
  const other = app.ghost?.axes?.[name];
  if (!other) return mine;
  const [low, high] = [Math.min(mine.low, other.low), Math.max(mine.high, other.high)];
  return { ...mine, low, high, ticks: thinned([...mine.ticks, ...other.ticks], (high - low) / 9) };
}

// The wide run's ticks may leave the narrow one's marks without any, so those of both are there, as far as they have room.
function thinned(ticks, apart) {
  const kept = [];
  for (const tick of ticks.sort((one, other) => one.at - other.at)) {
    if (!kept.length || tick.at - kept.at(-1).at >= apart) kept.push(tick);
  }
  return kept;
}

export function frame(svg, app, { width, height }, across, up, right = rightOf(width), top = 10) {
  const colours = app.colours();
  const x = scale(across, LEFT, width - right);
  const y = scale(up, height - 22, top);
  for (const tick of up.ticks) {
    svg.append(
      draw("line", { x1: LEFT, x2: width - right, y1: y(tick.at), y2: y(tick.at), stroke: colours.grid }),
      draw("text", { x: LEFT - 8, y: y(tick.at), class: "dl-tick", "text-anchor": "end", "dominant-baseline": "central" }, tick.say),
    );
  }
  const apart = (width - right - LEFT) / Math.max(across.ticks.length, 1);
  const every = Math.max(1, Math.ceil((14 + 7 * Math.max(...across.ticks.map((tick) => tick.say.length))) / apart));
  across.ticks.forEach((tick, number) => {
    if (number % every) return;
    svg.append(
      draw("line", { x1: x(tick.at), x2: x(tick.at), y1: height - 22, y2: height - 18, stroke: colours.quiet }),
      draw("text", { x: x(tick.at), y: height - 8, class: "dl-tick", "text-anchor": number ? "middle" : "start" }, tick.say),
    );
  });
  svg.append(draw("line", { x1: LEFT, x2: width - right, y1: height - 22, y2: height - 22, stroke: colours.quiet }));
  return { x, y, right: width - right, bottom: height - 22 };
}

// A rate is that of a stretch of time: a step, and a gap where nothing is known.
export function steps(edges, values, x, y) {
  let d = "";
  let on = false;
  values.forEach((value, n) => {
    if (value === null) {
      on = false;
      return;
    }
    d += `${on ? "L" : "M"}${x(edges[n]).toFixed(1)} ${y(value).toFixed(1)}H${x(edges[n + 1]).toFixed(1)}`;
    on = true;
  });
  return d;
}

export function band(edges, low, high, x, y) {
  const there = [];
  const back = [];
  low.forEach((value, n) => {
    if (value === null || high[n] === null) return;
    const [left, right] = [x(edges[n]).toFixed(1), x(edges[n + 1]).toFixed(1)];
    there.push(`${left} ${y(high[n]).toFixed(1)}`, `${right} ${y(high[n]).toFixed(1)}`);
    back.unshift(`${right} ${y(value).toFixed(1)}`, `${left} ${y(value).toFixed(1)}`);
  });
  return there.length ? `M${there.concat(back).join("L")}Z` : "";
}

// Names at the ends, moved apart where they would touch.
export function spread(wanted, gap, low, high) {
  const order = wanted.map((at, n) => [at, n]).sort((one, other) => one[0] - other[0]);
  const placed = order.map(([at]) => at);
  for (let n = 1; n < placed.length; n++) placed[n] = Math.max(placed[n], placed[n - 1] + gap);
  const over = placed.length ? Math.max(0, placed.at(-1) - high) : 0;
  if (over) {
    placed[placed.length - 1] -= over;
    for (let n = placed.length - 2; n >= 0; n--) placed[n] = Math.min(placed[n], placed[n + 1] - gap);
  }
  const found = new Array(wanted.length);
  order.forEach(([, n], place) => (found[n] = Math.max(placed[place], low)));
  return found;
}

const MARKS = {
  circle: "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0Z", square: "M-3.6 -3.6h7.2v7.2h-7.2Z", diamond: "M0 -5L5 0L0 5L-5 0Z",
  up: "M0 -4.6L4.6 3.6H-4.6Z", down: "M0 4.6L4.6 -3.6H-4.6Z", left: "M-4.6 0L3.6 -4.6V4.6Z", right: "M4.6 0L-3.6 -4.6V4.6Z",
  cross: "M-4.6 -2.6L-2.6 -4.6L0 -2L2.6 -4.6L4.6 -2.6L2 0L4.6 2.6L2.6 4.6L0 2L-2.6 4.6L-4.6 2.6L-2 0Z",
  plus: "M-1.5 -4.8H1.5V-1.5H4.8V1.5H1.5V4.8H-1.5V1.5H-4.8V-1.5H-1.5Z",
  star: "M0 -5.2L1.5 -1.7L5 -1.6L2.2 .7L3.2 4.3L0 2.2L-3.2 4.3L-2.2 .7L-5 -1.6L-1.5 -1.7Z",
  hexagon: "M-4.6 0L-2.3 -4H2.3L4.6 0L2.3 4H-2.3Z",
};

export function mark(kind, x, y, colour, scaleBy = 1) {
  return draw("path", { d: MARKS[kind] ?? MARKS.circle, transform: `translate(${x} ${y}) scale(${scaleBy})`, fill: colour });
}

export function nameEnds(svg, app, ends, { x, low, high, wide = 126 }) {
  const places = spread(ends.map((end) => end.y), 17, low, high);
  ends.forEach((end, n) => {
    const y = places[n];
    svg.append(
      draw("path", { d: `M${end.x} ${end.y}L${x + 4} ${y}`, stroke: end.colour, "stroke-width": 0.8, fill: "none", opacity: 0.6 }),
      mark(end.marker, x + 11, y, end.colour),
      draw("text", { "data-who": end.who, x: x + 20, y, class: "dl-name", "dominant-baseline": "central", fill: end.ink, "font-weight": end.chosen ? 700 : 500 }, short(end.say, (wide - (wide < 100 ? 36 : 20)) / (end.chosen ? 7 : 6.6))),
    );
  });
}

export function short(text, most) {
  return text.length <= most ? text : `${text.slice(0, Math.max(1, Math.floor(most) - 1)).trimEnd()}…`;
}
