// How long phones take, against how busy the busiest is: beside the curve of the textbooks, and what was there before.

import { makeChart, reach, rightOf } from "./charts.js";
import { draw } from "./dom.js";
import { scatter } from "./scatter.js";

const KEPT = 40; // settings that were looked at before: their marks stay, pale

export function makeLoad(app) {
  const chart = makeChart(app, { name: "load" });
  chart.ghosts = true;
  const been = new Map(); // settings -> where each strategy was
  const at = ({ busiest, measures: { latency_p95_s: wait } }) => (busiest && wait.value ? { across: { value: busiest.value }, up: wait } : null);
  chart.render = (svg, told, size) => {
    chart.words(told.charts.load);
    const { theory } = told.charts.load;
    if (told.done) {
      been.set(JSON.stringify(told.state), told.strategies.map((each) => ({ ...each, spot: at(each) })).filter((each) => each.spot));
      if (been.size > KEPT) been.delete(been.keys().next().value);
    }
    const up = reach(app, told, "load");
    scatter(svg, app, chart, told, size, {
      across: told.axes.busy, up, words: told.charts.load.across, at, right: 26, narrow: rightOf(size.width) < 100,
      behind(place, keepOff) {
        for (const [settings, spots] of been) {
          if (settings === JSON.stringify(told.state)) continue;
          for (const { spot, name, ...look } of spots) {
            if (spot.up.value > up.high || spot.up.value < up.low) continue;
            svg.append(draw("circle", { class: "dl-been", "data-who": name, cx: place.x(spot.across.value), cy: place.y(spot.up.value), r: 3, fill: app.look(look).colour, opacity: 0.35 }));
          }
        }
        if (theory) curve(svg, app, theory, up, place, keepOff);
      },
    });
  };
  return chart;
}

function curve(svg, app, { say, busy, p95_s: waits }, up, place, keepOff) {
  const { quiet } = app.colours();
  const shown = busy.map((share, n) => [share, waits[n]]).filter(([, wait]) => wait <= up.high);
  const points = shown.map(([share, wait]) => [place.x(share), place.y(wait)]);
  points.forEach(([x, y]) => keepOff(x, y, 3));
  svg.append(draw("path", { class: "dl-theory", d: `M${points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}`, fill: "none", stroke: quiet, "stroke-width": 1.6, "stroke-dasharray": "5 4" }));
  // Below it, from where it rises away from the words.
  const [x, y] = points[Math.floor(points.length * 0.42)];
  svg.append(draw("text", { x, y: y + 13, class: "dl-tick dl-cased", "dominant-baseline": "central" }, say));
  for (const far of [0, 50, 100, 150, 200]) keepOff(x + far, y + 13, 8);
}
