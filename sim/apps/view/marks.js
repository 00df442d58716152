// What the signs of the pictures mean, those that are there to be seen: nobody should have to guess a ring.

import { draw, make } from "./dom.js";
import { BELL, mark } from "./names.js";

const SIGN_WIDE = 26;
const SIGN_HIGH = 22;

export function makeMarks(app) {
  const list = make("ul");
  const box = make("details", { class: "dl-marks", "data-part": "marks" }, make("summary", { text: "What the signs mean" }), list);
  box.open = app.root.getBoundingClientRect().width > 700;
  let shown = "";
  return {
    node: box,
    show(told) {
      const truth = app.state.get("reveal") === "1";
      const several = told.replications > 1;
      const charts = told.strategies;
      const strips = app.open ? [] : charts.flatMap((each) => each.strips ?? []);
      const felt = told.world.events.some((event) => event.felt && event.until_s === null);
      const came = (what) => strips.some((strip) => strip.lines.some((line) => line.come_to.includes(what)));
      const there = [
        "undecided", "pass", "reject", "watched",
        ...(truth ? ["defective", "escaped", "overkilled"] : []),
        ...(several && app.story.picture === "time" && app.story.outcome === "escape_rate" ? ["band"] : []),
        ...(several ? ["whisker"] : []),
        ...(felt ? ["drift"] : []),
        ...(several ? ["one_run"] : []),
        ...(told.deciders.some((each) => each.role === "review" || each.role === "assisted") ? ["unsure"] : []),
        ...(charts.some((each) => Object.keys(each.time.mirrored ?? {}).length) ? ["aside"] : []),
        ...["open", "passed", "failed"].filter(came),
        ...(charts.some((each) => each.alarms?.length) ? ["alarm"] : []),
      ];
      const key = JSON.stringify([there, app.theme]);
      if (key === shown) return;
      shown = key;
      list.replaceChildren(...there.map((name) => make("li", {}, sign(name), make("span", { text: told.phrases.signs[name] }))));
    },
  };

  function sign(name) {
    const c = app.colours();
    const [x, y] = [SIGN_WIDE / 2, SIGN_HIGH / 2];
    const phone = (fill, stroke = c.phone) => draw("rect", { x: x - 4, y: y - 6.5, width: 8, height: 13, rx: 1.6, fill, stroke });
    const cross = () => draw("path", { d: `M${x - 2} ${y - 2}l4 4m0 -4l-4 4`, stroke: c.onReject, "stroke-width": 1.4 });
    const ring = (dashes) => draw("circle", { cx: x, cy: y, r: 9.5, fill: "none", stroke: c.wrong, "stroke-width": 1.8, "stroke-dasharray": dashes });
    const line = (dashes) => draw("line", { x1: x, x2: x, y1: 2, y2: SIGN_HIGH - 2, stroke: c.ink, "stroke-width": 1.3, "stroke-dasharray": dashes });
    const point = (fill) => [draw("line", { x1: 2, x2: SIGN_WIDE - 2, y1: y, y2: y, stroke: c.quiet, "stroke-width": 1.6 }), draw("circle", { cx: x, cy: y, r: 3, fill, stroke: c.quiet, "stroke-width": 1.5 })];
    const drawn = {
      undecided: () => [phone(c.undecided)],
      pass: () => [phone(c.pass)],
      reject: () => [phone(c.reject, c.reject), cross()],
      watched: () => [phone(c.undecided), draw("rect", { x: x - 7, y: y - 9.5, width: 14, height: 19, rx: 3.5, fill: "none", stroke: c.ink })],
      defective: () => [phone(c.undecided), draw("circle", { cx: x, cy: 2, r: 2, fill: c.wrong })],
      escaped: () => [phone(c.pass), ring(null)],
      overkilled: () => [phone(c.reject, c.reject), cross(), ring("3 2.5")],
      band: () => [draw("rect", { x: 2, y: y - 6, width: SIGN_WIDE - 4, height: 12, fill: c.quiet, opacity: 0.22 }), draw("line", { x1: 2, x2: SIGN_WIDE - 2, y1: y, y2: y, stroke: c.quiet, "stroke-width": 2.4 })],
      whisker: () => [draw("line", { x1: x, x2: x, y1: 2, y2: SIGN_HIGH - 2, stroke: c.quiet, "stroke-width": 1.4 }), mark("circle", x, y, c.quiet, 1)],
      drift: () => [line("1.5 3")],
      one_run: () => [draw("line", { x1: 2, x2: SIGN_WIDE - 2, y1: y - 3, y2: y - 3, stroke: c.quiet, "stroke-width": 2.2 }), draw("line", { x1: 2, x2: SIGN_WIDE - 2, y1: y + 3, y2: y + 3, stroke: c.quiet, "stroke-width": 1.2, opacity: 0.5 })],
      unsure: () => [phone(c.undecided), draw("text", { x, y: y + 0.5, "text-anchor": "middle", "dominant-baseline": "central", "font-size": 9, "font-weight": 700, fill: c.ink }, "?")],
      aside: () => [draw("rect", { x: x - 4, y: y - 6.5, width: 8, height: 13, rx: 1.6, fill: "none", stroke: c.phone, "stroke-dasharray": "2 2" })],
      open: () => point(c.ground),
      passed: () => point(c.quiet),
      failed: () => [...point(c.ground).slice(0, 1), mark("cross", x, y, c.ink, 1.1)],
      alarm: () => [draw("path", { d: BELL, transform: `translate(${x} ${y + 2})`, fill: c.ink })],
    }[name]();
    return draw("svg", { width: SIGN_WIDE, height: SIGN_HIGH, viewBox: `0 0 ${SIGN_WIDE} ${SIGN_HIGH}`, "aria-hidden": "true" }, ...drawn);
  }
}
