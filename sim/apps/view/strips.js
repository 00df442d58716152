// What a rollout itself measured, look by look, in strips of the dashboard: points, limits, and what was concluded.

import { LEFT, scale } from "./charts.js";
import { draw, lastUpTo, make, say } from "./dom.js";
import { inLines, mark, spread, widthOf } from "./names.js";

const DASHES = [null, "7 4", "2 3", "9 3 2 3"];
export const HEAD = 24; // px: a strip's name stands in it, nearer to its own strip than to the one above
export const NAME = HEAD - 7; // px from a strip's top to its name's base line
const CROWDED = 40; // so many looks are no dots any more, but for what was concluded

export function drawMeasured(svg, app, told, { width, room }, strip, top, bottom, look) {
  const colours = app.colours();
  const right = width - room;
  const roomy = room > 60;
  const names = [
    ...strip.limits.map((limit) => ({ say: limit.say, ink: colours.quiet })),
    ...strip.lines.map((line, number) => ({ say: line.say, ink: number ? colours.quiet : look.ink, colour: number ? colours.quiet : look.colour, dash: DASHES[number % DASHES.length] })).filter((each) => each.say),
  ];
  const rows = roomy ? [] : inRows(app, names, width - LEFT);
  const [high, low] = [top + HEAD + KEY_HIGH * rows.length + (rows.length ? 3 : 0), bottom - 3];
  const x = scale(told.axes.time, LEFT, right);
  const inside = scale(strip.up, low, high);
  const y = (value) => Math.max(high, Math.min(low, inside(value)));
  const part = draw("g", { class: "dl-measured" });
  svg.append(part);
  for (const tick of [strip.up.ticks[0], strip.up.ticks.at(-1)]) {
    part.append(
      draw("line", { x1: LEFT, x2: right, y1: y(tick.at), y2: y(tick.at), stroke: colours.grid }),
      draw("text", { x: LEFT - 8, y: y(tick.at), class: "dl-tick", "text-anchor": "end", "dominant-baseline": "central" }, tick.say),
    );
  }
  const ends = []; // names at the right: of limits, and of lines where there are several
  for (const limit of strip.limits) {
    const { at_s: at } = strip.lines[limit.line];
    const stroke = { class: "dl-held", fill: "none", stroke: colours.ink, "stroke-dasharray": "5 4", "stroke-width": 1.2 };
    const d = limit.value === null ? stepped(at, limit.values, x, y) : `M${LEFT} ${y(limit.value)}H${right}`;
    const last = limit.value ?? limit.values.findLast((value) => value !== null);
    part.append(draw("path", { d, ...stroke }));
    ends.push({ y: y(last), say: limit.say, ink: colours.quiet });
  }
  strip.lines.forEach((line, number) => {
    const shown = line.value.findLastIndex((value) => value !== null);
    if (shown < 0) return;
    part.append(draw("path", { d: joined(line, x, y), fill: "none", stroke: number ? colours.quiet : look.colour, "stroke-width": 2, "stroke-dasharray": DASHES[number % DASHES.length] }));
    line.value.forEach((value, n) => value !== null && point(part, line, n, x, y, number ? colours.quiet : look.colour, colours.ink));
    // What a judge says at the end, of all looks together, stands apart from them.
    if (!number && strip.lines.length > 1 && shown && line.begins.includes(shown) && shown === line.value.length - 1) part.append(draw("text", { x: x(line.at_s[shown]) - 9, y: y(line.value[shown]) + 14, class: "dl-tick dl-cased", "text-anchor": "end", "dominant-baseline": "central" }, told.phrases.all_in_all));
    if (line.say) ends.push({ y: y(line.value[shown]), say: line.say, ink: number ? colours.quiet : look.ink, colour: number ? colours.quiet : look.colour, dash: DASHES[number % DASHES.length] });
  });
  if (roomy) beside(app, part, ends, look, { right, room, high, low });
  rows.forEach((each, row) => each.forEach((name) => nameOf(part, app, name, look, [name.say], LEFT + name.x, top + HEAD + KEY_HIGH * (row + 0.5))));
  const read = draw("text", { x: right + (roomy ? BEFORE : 0), y: top + NAME, class: "dl-name dl-cased dl-read", "text-anchor": roomy ? "start" : "end", "font-weight": 600, fill: look.ink });
  // A long name begins over the axis's numbers, and a longer one is set closer.
  const long = widthOf(app, strip.say, true);
  const close = long > width ? { textLength: width, lengthAdjust: "spacingAndGlyphs" } : {};
  part.append(draw("text", { x: Math.max(0, Math.min(LEFT, width - long)), y: top + NAME, class: "dl-name dl-cased", "font-weight": 600, fill: colours.ink, ...close }, strip.say), read);
  return read;
}

const BEFORE = 8; // px before a name
const SWATCH = 15;
const KEY_HIGH = 12.5; // px from one line of names to the next

function nameOf(part, app, { say: words, dash, ink, colour }, look, lines, x, y) {
  const line = dash === undefined ? { stroke: app.colours().ink, "stroke-dasharray": "5 4", "stroke-width": 1.2 } : { stroke: colour ?? look.colour, "stroke-dasharray": dash, "stroke-width": 2 };
  part.append(draw("path", { d: `M${x} ${y}h${SWATCH}`, ...line }));
  const text = draw("text", { class: "dl-tick dl-cased", style: { fill: ink } });
  lines.forEach((each, row) => text.append(draw("tspan", { x: x + SWATCH + 5, y: y + KEY_HIGH * (row - (lines.length - 1) / 2), "dominant-baseline": "central" }, each)));
  part.append(text);
}

// At the right of a strip, as high as what they name.
function beside(app, part, ends, look, { right, room, high, low }) {
  const lines = ends.map((end) => inLines(end.say, room - BEFORE - SWATCH - 5, (words) => widthOf(app, words, false)) ?? [end.say]);
  const places = spread(ends.map((end) => end.y), lines.map((each) => KEY_HIGH * each.length), high - 6, low + 6);
  ends.forEach((end, n) => nameOf(part, app, end, look, lines[n], right + BEFORE, places[n]));
}

// Where there is no room at the right: in rows under the strip's name.
function inRows(app, names, wide) {
  const rows = [];
  let x = Infinity;
  for (const each of names) {
    const takes = SWATCH + 5 + widthOf(app, each.say, false) + BEFORE;
    if (x + takes > wide) {
      rows.push([]);
      x = 0;
    }
    rows.at(-1).push({ ...each, x });
    x += takes;
  }
  return rows;
}

function point(part, line, n, x, y, colour, ink) {
  const [across, up] = [x(line.at_s[n]), y(line.value[n])];
  if (line.low && line.low[n] !== null) part.append(draw("line", { x1: across, x2: across, y1: y(line.low[n]), y2: y(line.high[n]), stroke: colour, "stroke-width": 1.2, opacity: 0.6 }));
  if (line.come_to[n] === "failed") part.append(mark("cross", across, up, ink, 1.15));
  else if (line.value.length <= CROWDED || n === line.value.length - 1) part.append(draw("circle", { cx: across, cy: up, r: line.value.length > 16 ? 1.9 : 2.6, fill: line.come_to[n] === "passed" ? colour : "var(--ground)", stroke: colour, "stroke-width": 1.4 }));
}

// Looks of one analysis are joined; where another begins, or nothing could be read, there is a gap.
function joined({ at_s: at, value, begins }, x, y) {
  let d = "";
  let on = false;
  value.forEach((each, n) => {
    if (each === null || begins.includes(n)) on = false;
    if (each === null) return;
    d += `${on ? "L" : "M"}${x(at[n]).toFixed(1)} ${y(each).toFixed(1)}`;
    on = true;
  });
  return d;
}

// A limit that moves holds from a look until the next.
function stepped(at, values, x, y) {
  let d = "";
  values.forEach((value, n) => {
    if (value === null) return;
    d += `${d && values[n - 1] !== null ? "L" : "M"}${x(at[n]).toFixed(1)} ${y(value).toFixed(1)}`;
    if (n + 1 < at.length) d += `H${x(at[n + 1]).toFixed(1)}`;
  });
  return d;
}

// What the latest look before a moment read.
export const readAt = (strip, t) => strip.lines.map((line) => line.value_say[lastUpTo(line.at_s, t)]).filter(Boolean).join(" / ");

// The same in sentences, for whoever does not see the strips.
export function makeLooks() {
  const node = make("ul", { class: "dl-looks", "aria-label": "What the rollout measured" });
  return {
    node,
    show(strips) {
      node.hidden = !strips.length;
      node.replaceChildren(...strips.map(({ tell }) => {
        const item = make("li");
        say(item, tell);
        return item;
      }));
    },
  };
}
