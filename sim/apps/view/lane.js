// One lane of events above the clock: what befell the line, and what the chosen strategy did. A click goes there.

import { LEFT, rightOf, scale } from "./charts.js";
import { clockText, make, say } from "./dom.js";

const SYMBOLS = { drift: "▼", outage: "■", "rolled back": "✕", promoted: "▲", "new version goes out": "＋", "first alarm after a drift": "❙", "lens cleaned": "✳" };

export function makeLane(app) {
  const node = make("div", { class: "dl-lane", "data-part": "lane", role: "group", "aria-label": "Events: go to a moment; [ and ] go to the one before and to the next" });
  const cursor = make("i", { class: "dl-lane-cursor", "aria-hidden": "true" });
  const said = make("span", { class: "dl-hidden", role: "status" });
  const to = (name, by) => make("button", { type: "button", class: "dl-bracket", text: name, "aria-label": by < 0 ? "Event before" : "Next event", "aria-keyshortcuts": name,
    title: `${by < 0 ? "Event before" : "Next event"}: key ${name}`, on: { click: () => step(by) } });
  const steps = make("span", { class: "dl-steps", "data-part": "lane" }, to("[", -1), make("span", { "aria-hidden": "true", text: "event" }), to("]", 1), said);
  let marks = [];
  const lane = {
    node, steps,
    told: null,
    show(told) {
      lane.told = told;
      lane.again();
    },
    again() {
      const { told } = lane;
      const { width } = node.getBoundingClientRect();
      if (!told || !width) return;
      lane.wide = width;
      const strategy = told.strategies.find((each) => each.name === app.state.get("strategy")) ?? told.strategies[0];
      const x = scale(told.axes.time, LEFT, width - rightOf(width));
      marks = [
        ...told.world.events.map((event) => ({ ...event, world: true })),
        ...(app.open ? [] : strategy.milestones).map((mark) => ({ ...mark, tell: `${strategy.say}: ${mark.say}` })),
      ].sort((one, other) => one.at_s - other.at_s);
      const ends = [-Infinity, -Infinity];
      node.replaceChildren(...marks.map((mark) => button(mark, strategy, x, ends, width)), cursor);
      steps.hidden = !marks.length;
      app.clock.touch();
      node.style.height = `${ends[1] > -Infinity ? 50 : 27}px`;
    },
  };
  const watch = new ResizeObserver(() => lane.again());
  watch.observe(node);
  // One cursor for the line, the lane and the charts: where the clock is, or what is pointed at.
  app.clock.listen((clock) => {
    const { told } = lane;
    const at = clock.hover ?? clock.t;
    if (told) cursor.style.left = `${scale(told.axes.time, LEFT, lane.wide - rightOf(lane.wide))(at).toFixed(1)}px`;
    cursor.classList.toggle("dl-pointed", clock.hover !== null);
  });
  const keys = (event) => {
    const typed = event.detail || event.key;
    const by = { "[": -1, "]": 1 }[typed];
    if (!by || event.ctrlKey || event.metaKey || event.target.matches?.("textarea, select, input:not([type=range], [type=radio], [type=checkbox])")) return;
    event.preventDefault();
    step(by);
  };
  const anywhere = (event) => event.target === document.body && keys(event);
  app.root.addEventListener("dl-key", keys);
  if (app.host.url) window.addEventListener("keydown", anywhere);
  app.ends.push(() => watch.disconnect(), () => app.root.removeEventListener("dl-key", keys), () => window.removeEventListener("keydown", anywhere));

  function step(by) {
    const { t } = app.clock;
    const mark = by > 0 ? marks.find((each) => each.at_s > t + 0.5) : marks.findLast((each) => each.at_s < t - 0.5);
    say(said, mark ? `${clockText(mark.at_s, app.clock.horizon)}: ${mark.tell}` : by > 0 ? "No later event." : "No earlier event.");
    if (mark) go(mark.at_s);
  }

  function go(at) {
    app.clock.play(false);
    app.clock.at(at);
  }

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
      on: { click: () => app.clock.at(mark.at_s), pointerenter: () => app.clock.point(mark.at_s), pointerleave: () => app.clock.point(null), focus: () => app.clock.point(mark.at_s), blur: () => app.clock.point(null) },
    }, ...(turned ? [words, symbol] : [symbol, words]));
  }
  return lane;
}
