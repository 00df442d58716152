// Charts over time: they share their left and right ends, so that one cursor goes through all of them.

import { LEFT, band, frame, makeChart, nameEnds, scale, rightOf, steps } from "./charts.js";
import { draw } from "./dom.js";
import { valueAt } from "./reel.js";

export function lines(svg, app, told, size, { up, edges, values, low, high, label, pale = 0.8 }) {
  const place = frame(svg, app, size, told.axes.time, up);
  const ends = [];
  const chosen = app.state.get("strategy");
  const order = [...told.strategies].sort((one, other) => (one.name === chosen) - (other.name === chosen));
  worldLines(svg, app, told, place);
  for (const ghost of app.ghost?.strategies ?? []) {
    const d = steps(edges(ghost), values(ghost), place.x, place.y);
    svg.append(draw("path", { d, class: "dl-ghost", stroke: app.look(ghost).colour }));
  }
  for (const strategy of order) {
    const look = app.look(strategy);
    const mine = strategy.name === chosen;
    const shares = values(strategy);
    if (low && mine) svg.append(draw("path", { d: band(edges(strategy), low(strategy), high(strategy), place.x, place.y), fill: look.colour, opacity: 0.14 }));
    svg.append(draw("path", {
      d: steps(edges(strategy), shares, place.x, place.y), fill: "none", stroke: look.colour, "stroke-width": mine ? 3 : 1.8,
      "stroke-dasharray": strategy.dash.join(" ") || null, opacity: (strategy.fresh ? 1 : 0.35) * (mine ? 1 : pale),
    }));
    const last = shares.findLastIndex((value) => value !== null);
    if (last < 0) continue;
    ends.push({ x: place.x(edges(strategy)[last + 1]), y: place.y(shares[last]), say: label ? label(strategy, last) : strategy.say, colour: look.colour, ink: look.ink, marker: strategy.marker, chosen: mine });
  }
  nameEnds(svg, app, ends, { x: place.right, low: 12, high: place.bottom, wide: rightOf(size.width) });
  return place;
}

export function worldLines(svg, app, told, place) {
  const colours = app.colours();
  for (const event of told.world.events) {
    if (event.until_s !== null) {
      svg.append(draw("rect", { x: place.x(event.at_s), y: 10, width: Math.max(place.x(event.until_s) - place.x(event.at_s), 2), height: place.bottom - 10, fill: colours.span, opacity: 0.6 }));
    } else {
      svg.append(draw("line", { x1: place.x(event.at_s), x2: place.x(event.at_s), y1: 4, y2: place.bottom, stroke: colours.ink, "stroke-dasharray": "1.5 3", "stroke-width": 1.3 }));
    }
  }
}

// The cursor of the clock, or of the pointer, and what the chosen strategy has there.
export function follow(app, chart, read) {
  const line = draw("line", { class: "dl-cursor", y1: 4 });
  const chip = draw("g", { class: "dl-chip" }, draw("rect", { rx: 4, height: 20 }), draw("text", { "dominant-baseline": "central" }));
  app.clock.listen((clock) => {
    if (!chart.svg || !chart.told) return;
    const { width, height } = chart.size;
    const at = clock.hover ?? clock.t;
    const x = scale(chart.told.axes.time, LEFT, width - rightOf(width))(at);
    if (!line.isConnected || line.parentNode !== chart.svg) chart.svg.append(line, chip);
    line.setAttribute("x1", x);
    line.setAttribute("x2", x);
    line.setAttribute("y2", height - 22);
    line.classList.toggle("dl-pointed", clock.hover !== null);
    const words = clock.hover === null ? "" : read(chart.told, at);
    chip.style.display = words ? "" : "none";
    if (!words) return;
    const [box, text] = chip.children;
    if (text.textContent !== words) text.textContent = words;
    const wide = text.getComputedTextLength() + 12;
    const left = Math.min(Math.max(x - wide / 2, LEFT), width - wide - 2);
    box.setAttribute("width", wide);
    box.setAttribute("x", left);
    box.setAttribute("y", 0);
    text.setAttribute("x", left + 6);
    text.setAttribute("y", 10);
  });
  const moment = (event) => {
    const box = chart.stage.getBoundingClientRect();
    const { time } = chart.told.axes;
    const share = (event.clientX - box.left - LEFT) / (box.width - LEFT - rightOf(box.width));
    return share < -0.02 || share > 1.02 ? null : Math.max(0, Math.min(share, 1)) * time.high;
  };
  chart.stage.addEventListener("pointermove", (event) => chart.told && app.clock.point(moment(event)));
  chart.stage.addEventListener("pointerleave", () => app.clock.point(null));
  chart.stage.addEventListener("click", (event) => {
    const t = chart.told && moment(event);
    if (t !== null && t !== undefined) app.clock.at(t);
  });
}

const chosen = (app, told) => told.strategies.find((each) => each.name === app.state.get("strategy")) ?? told.strategies[0];

export function makeLeakage(app) {
  const chart = makeChart(app, { name: "leakage" });
  chart.ghosts = true;
  chart.render = (svg, told, size) => {
    chart.words(told.charts.leakage);
    lines(svg, app, told, size, {
      up: told.axes.leakage, edges: (each) => each.time.steps_s, values: (each) => each.time.leakage,
      low: (each) => each.time.low, high: (each) => each.time.high,
    });
  };
  follow(app, chart, (told, t) => {
    const { say: name, time } = chosen(app, told);
    return `${name} ${valueAt(time.steps_s, time.leakage_say, t)}`;
  });
  return chart;
}

export function makeLatency(app) {
  const chart = makeChart(app, { name: "latency" });
  chart.ghosts = true;
  chart.render = (svg, told, size) => {
    chart.words(told.charts.latency);
    const known = (values) => values.map((value) => (value === null || value <= 0 ? null : value));
    lines(svg, app, told, size, { up: told.axes.latency, edges: (each) => each.time.edges_s, values: (each) => known(each.time.p95_s), pale: 0.4 });
  };
  follow(app, chart, (told, t) => {
    const { say: name, time } = chosen(app, told);
    return `${name} ${valueAt(time.edges_s, time.p95_say, t)}`;
  });
  return chart;
}

// What the team sees, and under it what is true: drawn once it is revealed.
export function makeDashboard(app) {
  const chart = makeChart(app, { name: "dashboard" });
  chart.render = (svg, told, size) => {
    const strategy = chosen(app, told);
    const truth = app.state.get("reveal") === "1";
    chart.words(told.charts.dashboard, truth ? strategy.dashboard_words : told.phrases.hidden);
    const colours = app.colours();
    const look = app.look(strategy);
    const half = (size.height - 14) / 2;
    const draws = [
      [told.charts.dashboard.sees, told.axes.rejects, strategy.seen[0].edges_s, strategy.seen[0].value, true],
      [told.charts.dashboard.truth, told.axes.leakage, strategy.time.steps_s, strategy.time.leakage, truth],
    ];
    draws.forEach(([name, up, edges, values, open], row) => {
      const part = draw("svg", { x: 0, y: row * (half + 14), width: size.width, height: half, overflow: "visible" });
      const place = frame(part, app, { width: size.width, height: half }, told.axes.time, { ...up, ticks: up.ticks.filter((_, n) => n % 2 === 0) }, rightOf(size.width), 20);
      worldLines(part, app, told, place);
      part.append(draw("text", { x: LEFT, y: 10, class: "dl-name", "font-weight": 600, fill: row ? colours.wrong : colours.ink }, name));
      if (open) {
        part.append(draw("path", { d: steps(edges, values, place.x, place.y), fill: "none", stroke: row ? colours.wrong : look.colour, "stroke-width": 2.6, "stroke-dasharray": row ? "6 3" : null }));
      } else {
        part.append(draw("rect", { x: LEFT, y: 18, width: place.right - LEFT, height: place.bottom - 18, fill: colours.span, opacity: 0.5 }));
        part.append(draw("text", { x: (LEFT + place.right) / 2, y: (18 + place.bottom) / 2, class: "dl-name", "text-anchor": "middle", "dominant-baseline": "central", fill: colours.quiet }, told.phrases.veiled));
      }
      svg.append(part);
    });
  };
  follow(app, chart, (told, t) => {
    const strategy = chosen(app, told);
    const seen = strategy.seen[0];
    return `${seen.say} ${valueAt(seen.edges_s, seen.value_say, t)}`;
  });
  return chart;
}

// Who decides, of the chosen strategy: bands with their names in them.
export function makeTraffic(app) {
  const chart = makeChart(app, { name: "traffic" });
  chart.render = (svg, told, size) => {
    const strategy = chosen(app, told);
    chart.words(told.charts.traffic, strategy.traffic_words);
    const place = frame(svg, app, size, told.axes.time, told.axes.share);
    const { edges_s: edges, share } = strategy.time;
    let floor = edges.slice(0, -1).map(() => 0);
    const ends = [];
    for (const decider of told.deciders) {
      if (!share[decider.name]) continue;
      const tops = floor.map((low, n) => low + (share[decider.name][n] ?? 0));
      svg.append(draw("path", { d: band(edges, floor, tops, place.x, place.y), fill: app.look(decider).colour, stroke: app.colours().ground, "stroke-width": 1 }));
      const widest = tops.map((top, n) => top - floor[n]);
      const last = widest.findLastIndex((value) => value > 0.005);
      const middle = last < 0 ? 0 : (floor[last] + tops[last]) / 2;
      if (last >= 0) ends.push({ x: place.x(edges[last + 1]), y: place.y(middle), say: decider.say, colour: app.look(decider).colour, ink: app.colours().ink, marker: "square" });
      floor = tops;
    }
    for (const [version, looked] of Object.entries(strategy.time.mirrored)) {
      const shown = looked.map((value) => (value ? Math.min(value, 0.985) : null));
      const last = shown.findLastIndex((value) => value !== null);
      svg.append(draw("path", { d: steps(edges, shown, place.x, place.y), fill: "none", stroke: app.colours().ink, "stroke-width": 1.8, "stroke-dasharray": "5 3" }));
      if (last >= 0) svg.append(draw("text", { x: LEFT + 8, y: place.y(0.88), class: "dl-name dl-cased", "text-anchor": "start", fill: app.colours().ink }, `${version} ${told.phrases.mirror}`));
    }
    worldLines(svg, app, told, place);
    nameEnds(svg, app, ends, { x: place.right, low: 12, high: place.bottom, wide: rightOf(size.width) });
  };
  follow(app, chart, () => "");
  return chart;
}
