// Pictures that are a click away: a page with all of them in view at once has no first one.

import { make } from "./dom.js";

const SAYS = { leakage: "what leaks over time", latency: "how long phones wait", traffic: "who decides", cost: "cost against leakage" };

export function makeMore(charts) {
  const named = charts.map((chart) => SAYS[chart.name]).filter(Boolean);
  return make("details", { class: "dl-card dl-more", "data-part": "charts" }, make("summary", {}, make("b", { text: "More pictures: " }), named.join(", ")),
    make("div", { class: "dl-pictures" }, ...charts.map((chart) => chart.node)));
}

export const isFolded = (chart) => Boolean(chart.node.closest(".dl-more:not([open])"));

// A picture that is folded away has not been drawn: it is unfolded by whoever wants it.
export function unfold(chart) {
  if (!isFolded(chart)) return;
  chart.node.closest(".dl-more").open = true;
  chart.again();
}
