// One mark for each strategy, its name beside it, its intervals through it, and the ghost of a pinned run.

import { LEFT, frame, rightOf } from "./charts.js";
import { draw } from "./dom.js";
import { legend, mark, widthOf } from "./names.js";

export const ACROSS_HIGH = 18; // px of the words under the axis

// Draws the strategies where `at` puts them; `at` returns null, or { across, up } with a value and perhaps low and high.
export function scatter(svg, app, chart, told, size, { across, up, words, at, behind, right = rightOf(size.width), narrow = right < 100 }) {
  const place = frame(svg, app, { width: size.width, height: size.height - ACROSS_HIGH }, across, up, right, 24);
  svg.append(draw("text", { x: (LEFT + place.right) / 2, y: size.height - 4, class: "dl-tick", "text-anchor": "middle" }, words));
  const taken = [];
  const boxes = []; // of what no name may lie on
  const keepOff = (x, y, r = 7) => boxes.push([x - r, y - r, x + r, y + r]);
  behind?.(place, keepOff);
  const spotOf = (strategy) => {
    const found = at(strategy);
    return found && { ...found, x: place.x(found.across.value), y: place.y(found.up.value) };
  };
  const within = (axis, value) => Math.max(axis.low, Math.min(axis.high, value));
  for (const strategy of told.strategies) {
    const point = spotOf(strategy);
    if (!point) continue;
    const look = app.look(strategy);
    const old = app.ghost?.strategies.find((each) => each.name === strategy.name);
    const from = old && spotOf(old);
    if (from) {
      svg.append(draw("path", { d: `M${from.x} ${from.y}L${point.x} ${point.y}`, stroke: look.colour, "stroke-dasharray": "2 3" }));
      svg.append(draw("circle", { cx: from.x, cy: from.y, r: 4, fill: "none", stroke: look.colour }));
      const pieces = Math.ceil(Math.hypot(from.x - point.x, from.y - point.y) / 12);
      for (let n = 1; n <= pieces; n++) keepOff(point.x + ((from.x - point.x) * n) / pieces, point.y + ((from.y - point.y) * n) / pieces, n === pieces ? 5 : 2);
    }
    const whisker = { stroke: look.colour, "stroke-width": 1.4, class: "dl-whisker" };
    if (typeof point.up.low === "number") {
      const ends = [place.y(within(up, point.up.low)), place.y(within(up, point.up.high))];
      svg.append(draw("line", { x1: point.x, x2: point.x, y1: ends[0], y2: ends[1], ...whisker }));
      boxes.push([point.x - 2, ends[1], point.x + 2, ends[0]]);
    }
    if (typeof point.across.low === "number") {
      const ends = [place.x(within(across, point.across.low)), place.x(within(across, point.across.high))];
      svg.append(draw("line", { x1: ends[0], x2: ends[1], y1: point.y, y2: point.y, ...whisker }));
      boxes.push([ends[0], point.y - 2, ends[1], point.y + 2]);
    }
    taken.push({ strategy, point, look });
  }
  for (const { point } of taken) keepOff(point.x, point.y);
  // Names lie on one another where there is little room.
  legend(chart, narrow ? taken.map(({ strategy, look }) => ({ who: strategy.name, say: strategy.say, colour: look.colour, ink: look.ink, marker: strategy.marker, chosen: strategy.name === app.state.get("strategy") })) : []);
  for (const { strategy, point, look } of taken) {
    const mine = strategy.name === app.state.get("strategy");
    const spotted = mark(strategy.marker, point.x, point.y, look.colour, mine ? 1.7 : 1.3);
    spotted.dataset.who = strategy.name;
    svg.append(spotted);
    if (!narrow) nameBeside(svg, app, strategy, point, look, boxes, { right: size.width, bottom: place.bottom });
  }
  return place;
}

function nameBeside(svg, app, strategy, point, look, boxes, edge) {
  const mine = strategy.name === app.state.get("strategy");
  const wide = widthOf(app, strategy.say, mine);
  const spots = [[10, 0], [-10 - wide, 0], [-wide / 2, -16], [-wide / 2, 16], [8, -14], [8, 14], [-wide - 8, -14], [-wide - 8, 14], [10, 26], [10, -26],
    ...[32, 48, 64, 80].flatMap((far) => [[14, -far], [14, far], [-14 - wide, -far], [-14 - wide, far]])]; // of equals, one above the other
  const box = ([dx, dy]) => [point.x + dx, point.y + dy - 8, point.x + dx + wide, point.y + dy + 8];
  const bad = (spot) => {
    const [a, b, c, d] = box(spot);
    const touches = boxes.filter(([l, t, r, u]) => a < r && c > l && b < u && d > t).length;
    return 10 * touches + (a < LEFT || c > edge.right || b < 0 || d > edge.bottom ? 25 : 0);
  };
  const spot = spots.reduce((best, each) => (bad(each) < bad(best) ? each : best));
  boxes.push(box(spot));
  if (Math.abs(spot[1]) > 20) svg.append(draw("path", { d: `M${point.x} ${point.y}L${point.x + (spot[0] > 0 ? spot[0] - 3 : spot[0] + wide + 3)} ${point.y + spot[1]}`, stroke: look.colour, "stroke-width": 0.8, opacity: 0.7 }));
  svg.append(draw("text", { "data-who": strategy.name, x: point.x + spot[0], y: point.y + spot[1], class: "dl-name dl-cased", "dominant-baseline": "central", fill: look.ink, "font-weight": mine ? 700 : 500 }, strategy.say));
}
