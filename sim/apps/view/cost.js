// Cost against leakage: one mark for each strategy, its name beside it, and the ghost of a pinned run.

import { LEFT, frame, makeChart, mark, reach } from "./charts.js";
import { draw } from "./dom.js";

export function makeCost(app) {
  const chart = makeChart(app, { name: "cost" });
  chart.ghosts = true;
  chart.render = (svg, told, size) => {
    chart.words(told.charts.cost);
    const inner = { width: size.width, height: size.height - 18 };
    const up = reach(app, told, "cost_leakage");
    const place = frame(svg, app, inner, reach(app, told, "cost"), up, 24);
    svg.append(draw("text", { x: (LEFT + place.right) / 2, y: size.height - 4, class: "dl-tick", "text-anchor": "middle" }, told.charts.cost.across));
    const at = (strategy) => {
      const { cost_per_1000: cost, escape_rate: leak } = strategy.measures;
      return cost.value === null || leak.value === null ? null : { x: place.x(cost.value), y: place.y(leak.value) };
    };
    const taken = [];
    for (const strategy of told.strategies) {
      const point = at(strategy);
      if (!point) continue;
      const look = app.look(strategy);
      const old = app.ghost?.strategies.find((each) => each.name === strategy.name);
      const from = old && at(old);
      if (from) {
        svg.append(draw("path", { d: `M${from.x} ${from.y}L${point.x} ${point.y}`, stroke: look.colour, "stroke-dasharray": "2 3" }));
        svg.append(draw("circle", { cx: from.x, cy: from.y, r: 4, fill: "none", stroke: look.colour }));
      }
      const { low, high } = strategy.measures.escape_rate;
      if (low !== null) svg.append(draw("line", { x1: point.x, x2: point.x, y1: place.y(low), y2: place.y(Math.min(high, up.high)), stroke: look.colour, "stroke-width": 1.4 }));
      taken.push({ strategy, point, look });
    }
    const boxes = taken.map(({ point }) => [point.x - 7, point.y - 7, point.x + 7, point.y + 7]);
    for (const { strategy, point, look } of taken) {
      const mine = strategy.name === app.state.get("strategy");
      const spotted = mark(strategy.marker, point.x, point.y, look.colour, mine ? 1.7 : 1.3);
      spotted.dataset.who = strategy.name;
      svg.append(spotted);
      const wide = 7 * strategy.say.length;
      const spots = [[10, 0], [-10 - wide, 0], [-wide / 2, -16], [-wide / 2, 16], [8, -14], [8, 14], [-wide - 8, -14], [-wide - 8, 14], [10, 26], [10, -26],
        ...[32, 48, 64, 80].flatMap((far) => [[14, -far], [14, far], [-14 - wide, -far], [-14 - wide, far]])]; // of equals, one above the other
      const box = ([dx, dy]) => [point.x + dx, point.y + dy - 8, point.x + dx + wide, point.y + dy + 8];
      const bad = (spot) => {
        const [a, b, c, d] = box(spot);
        const touches = boxes.filter(([l, t, r, u]) => a < r && c > l && b < u && d > t).length;
        return 10 * touches + (a < LEFT || c > size.width || b < 0 || d > place.bottom ? 25 : 0);
      };
      const spot = spots.reduce((best, each) => (bad(each) < bad(best) ? each : best));
      boxes.push(box(spot));
      if (Math.abs(spot[1]) > 20) svg.append(draw("path", { d: `M${point.x} ${point.y}L${point.x + (spot[0] > 0 ? spot[0] - 3 : spot[0] + wide + 3)} ${point.y + spot[1]}`, stroke: look.colour, "stroke-width": 0.8, opacity: 0.7 }));
      svg.append(draw("text", { "data-who": strategy.name, x: point.x + spot[0], y: point.y + spot[1], class: "dl-name", "dominant-baseline": "central", fill: look.ink, "font-weight": mine ? 700 : 500 }, strategy.say));
    }
  };
  return chart;
}
