// The strategies as a table: whose phones are shown is chosen here, and it is the charts' text twin.

import { draw, fill, make, say } from "./dom.js";
import { mark } from "./names.js";
import { makeProse } from "./numbers.js";

const COLUMNS = ["escape_rate", "overkill_rate", "latency_p95_s", "cost_per_1000"];

export function makeStrategies(app) {
  const [head, body, star] = [make("tr"), make("tbody"), make("p", { class: "dl-star" })];
  const table = make("div", {}, make("table", {},
    make("caption", { class: "dl-hidden", text: "Strategies: choose whose phones are shown" }), make("thead", {}, head), body), star);
  // What each strategy does is a sentence whose numbers are live: it stays where it is, so that nobody loses a number in hand.
  let shown = new Map(); // by strategy: its row, and the sentence below it
  const node = make("div", { class: "dl-card dl-strategies", "data-part": "strategies" }, table);
  return {
    node,
    show(told) {
      const columns = [...COLUMNS].sort((one, other) => (other === app.story.outcome) - (one === app.story.outcome)).filter((name) => told.strategies[0].measures[name]);
      const heads = columns.map((name) => make("th", { scope: "col", title: told.metrics.find((each) => each.name === name)?.definition, text: told.phrases.columns[name] }));
      head.replaceChildren(make("th", { scope: "col", text: "Strategy" }), ...heads);
      star.hidden = !columns.some((metric) => leads(told, metric));
      say(star, told.replications > 1 ? fill(told.phrases.star, { runs: told.replications }) : told.phrases.star_of_one);
      const held = node.contains(document.activeElement) && document.activeElement.type === "radio" ? document.activeElement.value : null;
      const same = [...shown.keys()].join("\n") === told.strategies.map((each) => each.name).join("\n");
      if (!same) shown = new Map(told.strategies.map((each) => [each.name, { how: makeProse(app, make("td")), row: null }]));
      for (const strategy of told.strategies) {
        const each = shown.get(strategy.name);
        const next = row(strategy, columns, told);
        each.row?.replaceWith(next);
        each.row = next;
        each.how.node.colSpan = columns.length + 1;
        each.how.tell(app.story.who?.[strategy.name] ?? strategy.how ?? "");
      }
      if (!same) body.replaceChildren(...[...shown.values()].flatMap(({ row: line, how }) => [line, make("tr", { class: "dl-how" }, how.node)]));
      if (held !== null) node.querySelector(`input[value="${CSS.escape(held)}"]`)?.focus();
    },
  };

  // Whether some are better than others: a star for everybody says nothing.
  function leads(told, metric) {
    const { length } = told.best[metric] ?? [];
    return length > 0 && length < told.strategies.length;
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
