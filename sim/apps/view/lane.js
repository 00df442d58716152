// One lane of events above the clock: what befell the line, and what the chosen strategy did. A click goes there.

import { LEFT, rightOf, scale } from "./charts.js";
import { clockText, make, say } from "./dom.js";
import { widthOf } from "./names.js";
import { pinnedEvents } from "./pinned.js";

const SYMBOLS = { drift: "▼", outage: "■", partition: "■", fault: "■", "rolled back": "✕", promoted: "▲", "gets all phones, on trial": "▷", "new version goes out": "＋", "first alarm after a drift": "❙", "lens cleaned": "✳" };
const ROWS = 3;
const ROW_HIGH = 24; // px of a row

export function makeLane(app) {
  const node = make("div", { class: "dl-lane", "data-part": "lane", role: "group", "aria-label": "Events: go to a moment; [ and ] go to the one before and to the next" });
  const cursor = make("i", { class: "dl-lane-cursor", "aria-hidden": "true" });
  const said = make("span", { class: "dl-hidden", role: "status" });
  const to = (name, by) => make("button", { type: "button", class: "dl-bracket", text: by < 0 ? "◂" : "▸", "aria-label": by < 0 ? "Event before" : "Next event", "aria-keyshortcuts": name,
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
        ...pinnedEvents(app, told).map((event) => ({ ...event, world: true, felt: false, say: `${event.say}, ${told.phrases.only_pinned}`, tell: `${event.tell}, ${told.phrases.only_pinned}` })),
        ...(app.open ? [] : strategy.milestones).map((mark) => ({ ...mark, tell: `${strategy.say}: ${mark.say}` })),
      ].sort((one, other) => one.at_s - other.at_s);
      const ends = new Array(ROWS).fill(-Infinity);
      // The cursor goes behind what is written.
      node.replaceChildren(cursor, ...marks.flatMap((mark) => button(mark, strategy, x, ends, width)));
      steps.hidden = !marks.length;
      app.clock.touch();
      node.style.height = `${3 + ROW_HIGH * Math.max(1, ends.filter((end) => end > -Infinity).length)}px`;
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

  // Beside its symbol stands what it is, and of a milestone whose; where there is no room for that, the symbol alone.
  function button(mark, strategy, x, ends, width) {
    const at = x(mark.at_s);
    const wideOf = (words) => 28 + widthOf(app, words, true);
    const labels = !mark.world && wideOf(mark.tell) < 0.5 * width ? [mark.tell, mark.say, ""] : [mark.say, ""];
    const spot = labels.map((words) => placed(words, words ? wideOf(words) : 16, at, ends, width)).find(Boolean);
    if (!spot) return [];
    ends[spot.row] = spot.left + spot.wide + 3;
    const symbol = make("b", { "aria-hidden": "true", text: SYMBOLS[mark.kind] ?? "●" });
    const words = spot.words ? make("span", { text: spot.words }) : null;
    const kind = mark.world ? ` dl-world${mark.felt ? "" : " dl-void"}` : "";
    const pill = make("button", {
      type: "button", class: `dl-event${kind}${spot.turned ? " dl-turned" : ""}`,
      title: mark.tell, "aria-label": `${clockText(mark.at_s, app.clock.horizon)}: ${mark.tell}`,
      style: { left: `${spot.left}px`, top: `${spot.row * ROW_HIGH}px`, ...(mark.world ? {} : { color: app.look(strategy).ink }) },
      on: { click: () => app.clock.at(mark.at_s), pointerenter: () => app.clock.point(mark.at_s), pointerleave: () => app.clock.point(null), focus: () => app.clock.point(mark.at_s), blur: () => app.clock.point(null) },
    }, ...(spot.turned ? [words, symbol] : [symbol, words]));
    const symbolAt = spot.turned ? spot.left + spot.wide - 7 : spot.left + 7;
    return Math.abs(symbolAt - at) < 4 ? [pill] : [make("i", { class: "dl-lane-tick", "aria-hidden": "true", style: { left: `${at}px` } }), pill];
  }

  // Its symbol is at its moment, unless the words would leave the picture.
  function placed(words, wide, at, ends, width) {
    const turned = at - 7 + wide > width - 4;
    // Words that have no room on either side of their moment lie over it.
    const over = turned && at - wide + 7 < 4;
    const left = Math.max(4, Math.min(over ? at - wide / 2 : turned ? at - wide + 7 : at - 7, width - wide - 4));
    const row = ends.findIndex((end) => left > end);
    return row < 0 ? null : { words, wide, left, row, turned: turned && !over };
  }
  return lane;
}
