// What every chart has: a frame with ticks, scales, steps. SVG, made anew for an answer.

import { draw, make, say } from "./dom.js";
import { makeProse } from "./numbers.js";
import { pinnedSays } from "./pinned.js";

export const LEFT = 54;
const TICK_HIGH = 12; // px from one number of an axis to the next
export const rightOf = (width) => (width < 400 ? 26 : 146); // names have no room there

export function makeChart(app, { name, part = "charts", heading = "h3" }) {
  const title = make(heading, { class: "dl-title" });
  const axis = make("p", { class: "dl-axis" });
  const pinned = make("p", { class: "dl-axis dl-pinned", hidden: true });
  const legend = make("ul", { class: "dl-legend", hidden: true });
  const stage = make("div", { class: "dl-stage" });
  const words = make("p", { class: "dl-words", "aria-live": "polite", "data-part": "words" });
  const node = make("section", { class: `dl-card dl-chart dl-${name}`, "data-part": part }, title, axis, pinned, legend, stage, words);
  const [heads, sentence] = [makeProse(app, title), makeProse(app, words)];
  const chart = {
    node, stage, legend, name,
    sentence: words,
    told: null,
    leads: false, // whether it is the page's first picture, right under the headline
    ghosts: false, // whether a pinned run is drawn in it
    svg: null,
    size: { width: 0, height: 0 },
    right: rightOf, // px beside the picture, for names
    render: () => {},
    words(told, parts) {
      heads.tell(told.title_parts ?? told.title);
      // Under a headline that says what there is to see, what is measured is title enough.
      const leads = told.title === app.told?.title || chart.leads;
      title.classList.toggle("dl-hidden", leads);
      axis.classList.toggle("dl-leads", leads);
      say(axis, told.axis);
      pinned.hidden = !(app.ghost && chart.ghosts);
      if (!pinned.hidden) say(pinned, pinnedSays(app));
      sentence.tell(parts ?? told.words_parts ?? told.words ?? "");
      node.setAttribute("aria-label", told.title);
    },
    again() {
      const { width, height } = stage.getBoundingClientRect();
      if (width <= LEFT + chart.right(width) || !chart.told) return; // hidden, or not laid out yet
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

// An axis that a pinned run has room on as well, with ticks over all of it.
export function reach(app, told, name) {
  const mine = told.axes[name];
  const other = app.ghost?.axes?.[name];
  if (!other || (other.low === mine.low && other.high === mine.high)) return mine;
  const [low, high] = [Math.min(mine.low, other.low), Math.max(mine.high, other.high)];
  if (mine.log) return { ...mine, low, high, ticks: [...mine.ticks, ...other.ticks.filter(({ at }) => !mine.ticks.some((tick) => tick.at === at))] };
  return { ...mine, ...evenTicks(low, high, mine.ticks.at(-1).say) };
}

// Round numbers, written as one of the axis's own is: $1,500 or 20 %.
function evenTicks(low, high, say) {
  const large = 10 ** Math.floor(Math.log10(high - low));
  const step = [0.2, 0.5, 1, 2].map((part) => part * large).find((each) => (high - low) / each <= 5.01);
  const [first, last] = [Math.floor(low / step + 1e-9), Math.ceil(high / step - 1e-9)];
  const [unit, cents] = [say.endsWith("%") ? 100 : 1, step * (say.endsWith("%") ? 100 : 1) < 1 ? 2 : 0];
  const written = (at) => say.replace(/[\d.,]+/, (unit * at).toLocaleString("en-US", { minimumFractionDigits: cents, maximumFractionDigits: cents }));
  const ticks = Array.from({ length: last - first + 1 }, (_, n) => ({ at: (first + n) * step, say: written((first + n) * step) }));
  return { low: first * step, high: last * step, ticks };
}

export function frame(svg, app, { width, height }, across, up, right = rightOf(width), top = 10) {
  const colours = app.colours();
  const x = scale(across, LEFT, width - right);
  const y = scale(up, height - 22, top);
  const written = [];
  for (const tick of up.ticks) {
    svg.append(draw("line", { x1: LEFT, x2: width - right, y1: y(tick.at), y2: y(tick.at), stroke: colours.grid }));
    if (written.some((at) => Math.abs(at - y(tick.at)) < TICK_HIGH)) continue; // a pinned run's ticks lie among an axis's own
    written.push(y(tick.at));
    svg.append(
      draw("text", { x: LEFT - 8, y: y(tick.at), class: "dl-tick", "text-anchor": "end", "dominant-baseline": "central" }, tick.say),
    );
  }
  const apart = (width - right - LEFT) / Math.max(across.ticks.length, 1);
  const every = Math.max(1, Math.ceil((24 + 7 * Math.max(...across.ticks.map((tick) => tick.say.length))) / apart));
  across.ticks.forEach((tick, number) => {
    if (number % every) return;
    const anchor = number ? (x(tick.at) > width - right - 14 ? "end" : "middle") : "start";
    svg.append(
      draw("line", { x1: x(tick.at), x2: x(tick.at), y1: height - 22, y2: height - 18, stroke: colours.quiet }),
      draw("text", { x: x(tick.at), y: height - 8, class: "dl-tick", "text-anchor": anchor }, tick.say),
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
