// Cost against leakage.

import { makeChart, reach, rightOf } from "./charts.js";
import { scatter } from "./scatter.js";

export function makeCost(app) {
  const chart = makeChart(app, { name: "cost" });
  chart.ghosts = true;
  chart.render = (svg, told, size) => {
    chart.words(told.charts.cost);
    scatter(svg, app, chart, told, size, {
      across: reach(app, told, "cost"), up: reach(app, told, "cost_leakage"), words: told.charts.cost.across, right: 26, narrow: rightOf(size.width) < 100,
      at: ({ measures: { cost_per_1000: cost, escape_rate: leak } }) => (cost.value === null || leak.value === null ? null : { across: cost, up: leak }),
    });
  };
  return chart;
}
