// Every run's outcome as a dot, strategy by strategy, and what all of them together tell: how far luck alone goes.

import { LEFT, frame, makeChart, reach, rightOf } from "./charts.js";
import { draw } from "./dom.js";
import { legend, mark, nameEnds } from "./names.js";

export function makeRuns(app) {
  const chart = makeChart(app, { name: "runs" });
  chart.ghosts = true;
  chart.render = (svg, told, size) => {
    chart.words(told.charts.runs);
    const metric = app.story.outcome ?? "escape_rate";
    const { strategies } = told;
    const across = reach(app, told, "runs");
    const place = frame(svg, app, size, across, { low: 0, high: strategies.length, ticks: [] });
    const { grid } = app.colours();
    for (const tick of across.ticks) svg.append(draw("line", { x1: place.x(tick.at), x2: place.x(tick.at), y1: 10, y2: place.bottom, stroke: grid }));
    const tall = (place.bottom - 10) / strategies.length;
    const ends = strategies.map((strategy, row) => {
      const look = app.look(strategy);
      const mine = strategy.name === app.state.get("strategy");
      const y = 10 + tall * (row + 0.5);
      const { value, low, high } = strategy.measures[metric];
      const part = draw("g", { "data-who": strategy.name, opacity: strategy.fresh ? 1 : 0.35 });
      const old = app.ghost?.strategies.find((each) => each.name === strategy.name)?.measures[metric].value;
      if (typeof old === "number") part.append(draw("circle", { cx: place.x(old), cy: y, r: 8, fill: "none", stroke: look.colour, "stroke-dasharray": "2 2" }));
      if (typeof low === "number") part.append(draw("line", { class: "dl-whisker", x1: place.x(Math.max(low, across.low)), x2: place.x(Math.min(high, across.high)), y1: y, y2: y, stroke: look.colour, "stroke-width": mine ? 6 : 4, opacity: 0.45, "stroke-linecap": "round" }));
      // Equal runs would lie on one another: every other dot a little higher, or lower.
      strategy.runs[metric].forEach((each, n) => {
        if (each !== null) part.append(draw("circle", { class: "dl-run", cx: place.x(each), cy: y + tall * 0.09 * ((n % 5) - 2), r: 3.2, fill: look.colour, opacity: 0.6 }));
      });
      if (value !== null) part.append(mark(strategy.marker, place.x(value), y, look.colour, mine ? 1.9 : 1.5));
      svg.append(part);
      return { who: strategy.name, x: place.right, y, near: 0, say: strategy.say, colour: look.colour, ink: look.ink, marker: strategy.marker, chosen: mine };
    });
    if (rightOf(size.width) < 100) legend(chart, ends);
    else nameEnds(svg, app, chart, ends, { x: place.right, low: 4, high: place.bottom - 2, wide: rightOf(size.width) });
  };
  return chart;
}
