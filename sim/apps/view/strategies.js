// The strategies as a table: whose phones are shown is chosen here, and it is the charts' text twin.

import { draw, fill, make } from "./dom.js";
import { mark } from "./names.js";
import { makeProse } from "./numbers.js";

const COLUMNS = ["escape_rate", "overkill_rate", "latency_p95_s", "cost_per_1000"];

export function makeStrategies(app) {
  const table = make("div");
  const hows = new Map(); // what each strategy does: a sentence whose numbers are live
  const node = make("div", { class: "dl-card dl-strategies", "data-part": "strategies" }, table);
  return {
    node,
    show(told) {
      const columns = [...COLUMNS].sort((one, other) => (other === app.story.outcome) - (one === app.story.outcome)).filter((name) => told.strategies[0].measures[name]);
      const heads = columns.map((name) => make("th", { scope: "col", title: told.metrics.find((each) => each.name === name)?.definition, text: told.phrases.columns[name] }));
      const rows = told.strategies.flatMap((strategy) => [row(strategy, columns, told), howOf(strategy, columns.length + 1)]);
      const focused = node.contains(document.activeElement) ? document.activeElement.value : null;
      table.replaceChildren(make("table", {},
        make("caption", { class: "dl-hidden", text: "Strategies: choose whose phones are shown" }),
        make("thead", {}, make("tr", {}, make("th", { scope: "col", text: "Strategy" }), ...heads)), make("tbody", {}, ...rows)), make("p", { class: "dl-star", hidden: !columns.some((metric) => leads(told, metric)), text: told.replications > 1 ? fill(told.phrases.star, { runs: told.replications }) : told.phrases.star_of_one }));
      if (focused !== null) node.querySelector(`input[value="${CSS.escape(focused)}"]`)?.focus();
    },
  };

  // Whether some are better than others: a star for everybody says nothing.
  function leads(told, metric) {
    const { length } = told.best[metric] ?? [];
    return length > 0 && length < told.strategies.length;
  }

  function howOf(strategy, wide) {
    if (!hows.has(strategy.name)) hows.set(strategy.name, makeProse(app, make("td")));
    const how = hows.get(strategy.name);
    how.node.colSpan = wide;
    how.tell(app.story.who?.[strategy.name] ?? strategy.how ?? "");
    return make("tr", { class: "dl-how" }, how.node);
  }

  function row(strategy, columns, told) {
    const look = app.look(strategy);
    const mine = strategy.name === app.state.get("strategy");
    const swatch = draw("svg", { width: 28, height: 14, viewBox: "3 0 28 14", "aria-hidden": "true" },
      draw("line", { x1: 1, x2: 33, y1: 7, y2: 7, stroke: look.colour, "stroke-width": 2.4, "stroke-dasharray": strategy.dash.join(" ") || null }),
      mark(strategy.marker, 17, 7, look.colour));
    const radio = make("input", { type: "radio", name: `${app.id}-strategy`, value: strategy.name, "aria-label": `Show the phones of ${strategy.say}`, on: { change: () => app.state.set({ strategy: strategy.name }) } });
    radio.checked = mine;
    radio.disabled = app.state.fixed("strategy");
    const name = make("label", { style: { color: look.ink } }, radio, swatch, make("span", { text: strategy.say }));
    const cells = columns.map((metric) => {
      const best = leads(told, metric) && told.best[metric].includes(strategy.name);
      const brief = (each) => each?.measures[metric].brief;
      const first = best && brief(strategy) === brief(told.strategies.find((each) => each.name === told.first[metric])); // whoever is printed alike is as good
      return make("td", { class: first ? "dl-best" : best ? "dl-best dl-nearly" : null, title: strategy.measures[metric].say, text: strategy.measures[metric].brief });
    });
    return make("tr", { "data-who": strategy.name, class: `${mine ? "dl-chosen" : ""}${strategy.fresh ? "" : " dl-stale"}` }, make("th", { scope: "row" }, name), ...cells);
  }
}
