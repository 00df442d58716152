// One lane of events above the clock: what befell the line, and what the chosen strategy did. A click goes there.

import { LEFT, rightOf, scale } from "./charts.js";
import { clockText, make } from "./dom.js";

const SYMBOLS = { drift: "▼", outage: "■", "rolled back": "✕", promoted: "▲", "new version goes out": "＋", "first alarm after a drift": "❙", "lens cleaned": "✳" };

export function makeLane(app) {
  const node = make("div", { class: "dl-lane", "data-part": "lane", role: "group", "aria-label": "Events: go to a moment" });
  const lane = {
    node,
    told: null,
    show(told) {
      lane.told = told;
      lane.again();
    },
    again() {
      const { told } = lane;
      const { width } = node.getBoundingClientRect();
      if (!told || !width) return;
      const strategy = told.strategies.find((each) => each.name === app.state.get("strategy")) ?? told.strategies[0];
      const x = scale(told.axes.time, LEFT, width - rightOf(width));
      const marks = [
        ...told.world.events.map((event) => ({ ...event, world: true })),
        ...strategy.milestones.map((mark) => ({ ...mark, tell: `${strategy.say}: ${mark.say}` })),
      ].sort((one, other) => one.at_s - other.at_s);
      const ends = [-Infinity, -Infinity];
      node.replaceChildren(...marks.map((mark) => button(mark, strategy, x, ends, width)));
      node.style.height = `${ends[1] > -Infinity ? 50 : 27}px`;
    },
  };
  const watch = new ResizeObserver(() => lane.again());
  watch.observe(node);
  app.ends.push(() => watch.disconnect());

  function button(mark, strategy, x, ends, width) {
    const look = app.look(strategy);
    const at = x(mark.at_s);
    const label = mark.say;
    const wide = 26 + 6.8 * label.length;
    const left = at + wide > width - 4 ? at - wide + 14 : at - 7;
    const row = left > ends[0] ? 0 : left > ends[1] ? 1 : -1;
    if (row >= 0) ends[row] = left + wide;
    const turned = left < at - 7;
    const symbol = make("b", { "aria-hidden": "true", text: SYMBOLS[mark.kind] ?? "●" });
    const words = row < 0 ? null : make("span", { text: label });
    const colour = mark.world ? {} : { color: look.ink };
    return make("button", {
      type: "button", class: `dl-event${mark.world ? " dl-world" : ""}${turned ? " dl-turned" : ""}`,
      title: mark.tell, "aria-label": `${clockText(mark.at_s, app.clock.horizon)}: ${mark.tell}`,
      style: { left: `${row < 0 ? at - 7 : left}px`, top: `${Math.max(row, 0) * 24}px`, ...colour },
      on: { click: () => app.clock.at(mark.at_s) },
    }, ...(turned ? [words, symbol] : [symbol, words]));
  }
  return lane;
}
