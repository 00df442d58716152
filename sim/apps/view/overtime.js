// Charts over time: they share their left and right ends, so that one cursor goes through all of them.

import { LEFT, band, frame, makeChart, reach, scale, rightOf, steps } from "./charts.js";
import { draw, make, percent, say } from "./dom.js";
import { BELL, mark, nameEnds } from "./names.js";
import { pinnedEvents } from "./pinned.js";
import { valueAt } from "./reel.js";
import { HEAD, NAME, drawMeasured, makeLooks, readAt } from "./strips.js";

const APART = 110; // px between the marks of a line

export function lines(svg, app, chart, told, size, { up, edges, values, low, high, label, pale = 0.8 }) {
  const place = frame(svg, app, size, told.axes.time, up);
  const ends = [];
  const chosen = app.state.get("strategy");
  const names = told.strategies.map((each) => each.name);
  const order = [...told.strategies].sort((one, other) => (one.name === chosen) - (other.name === chosen));
  worldLines(svg, app, told, place);
  // A pinned run may be longer than this one, and an interval reach higher: they end with the picture.
  const old = draw("svg", { x: LEFT, y: 0, width: place.right - LEFT, height: place.bottom, viewBox: `${LEFT} 0 ${place.right - LEFT} ${place.bottom}`, class: "dl-old" });
  svg.append(old);
  for (const ghost of app.ghost?.strategies ?? []) {
    const d = steps(edges(ghost), values(ghost), place.x, place.y);
    old.append(draw("path", { d, class: "dl-ghost", "data-who": ghost.name, stroke: app.look(ghost).colour }));
  }
  for (const strategy of order) {
    const look = app.look(strategy);
    const mine = strategy.name === chosen;
    const shares = values(strategy);
    if (low && mine) old.append(draw("path", { d: band(edges(strategy), low(strategy), high(strategy), place.x, place.y), fill: look.colour, opacity: 0.14 }));
    svg.append(draw("path", {
      "data-who": strategy.name, d: steps(edges(strategy), shares, place.x, place.y), fill: "none", stroke: look.colour, "stroke-width": mine ? 3 : 1.8,
      "stroke-dasharray": strategy.dash.join(" ") || null, opacity: (strategy.fresh ? 1 : 0.35) * (mine ? 1 : pale),
    }));
    // Its mark along it, each at places of its own: lines that lie on one another are still seen to be several.
    const first = (names.indexOf(strategy.name) + 0.5) / told.strategies.length;
    for (let x = LEFT + first * APART; x < place.right - 8; x += APART) {
      const n = edges(strategy).findIndex((_, bin) => place.x(edges(strategy)[bin + 1]) > x);
      const value = shares[n] ?? null;
      if (value !== null) svg.append(spotted(strategy, x, place.y(value), look, mine ? 1 : 0.85, strategy.fresh ? 1 : 0.35));
    }
    const last = shares.findLastIndex((value) => value !== null);
    if (last < 0) continue;
    ends.push({ who: strategy.name, dash: strategy.dash, x: place.x(edges(strategy)[last + 1]), y: place.y(shares[last]), say: label ? label(strategy, last) : strategy.say, colour: look.colour, ink: look.ink, marker: strategy.marker, chosen: mine });
  }
  ends.sort((one, other) => names.indexOf(one.who) - names.indexOf(other.who));
  if (chart.ghosts) pinnedLines(svg, app, told, place);
  nameEnds(svg, app, chart, ends, { x: place.right, low: 4, high: place.bottom - 2, wide: rightOf(size.width) });
  return place;
}

function spotted(strategy, x, y, look, large, opacity) {
  const sign = mark(strategy.marker, x.toFixed(1), y.toFixed(1), look.colour, large);
  sign.dataset.who = strategy.name;
  sign.setAttribute("opacity", opacity);
  return sign;
}

// What befell the pinned run only, as pale as its lines.
function pinnedLines(svg, app, told, place) {
  const { quiet } = app.colours();
  for (const event of pinnedEvents(app, told)) {
    const x = place.x(event.at_s);
    svg.append(draw("line", { class: "dl-pinned-event", x1: x, x2: x, y1: 4, y2: place.bottom, stroke: quiet, "stroke-dasharray": "1 5", "stroke-width": 1.3 }));
    svg.append(draw("text", { x: x + 4, y: 8, class: "dl-tick dl-cased", "dominant-baseline": "central" }, app.told.phrases.only_pinned));
  }
}

// Where several pictures are one above the other, in each of them and not under the names between.
export function worldLines(svg, app, told, place, pictures = [[10, place.bottom]]) {
  const colours = app.colours();
  for (const event of told.world.events) {
    if (!event.felt) continue;
    for (const [top, bottom] of pictures) {
      if (event.until_s !== null) {
        svg.prepend(draw("rect", { x: place.x(event.at_s), y: top, width: Math.max(place.x(event.until_s) - place.x(event.at_s), 2), height: bottom - top, fill: colours.span, opacity: 0.6 }));
      } else {
        svg.append(draw("line", { x1: place.x(event.at_s), x2: place.x(event.at_s), y1: top - 4, y2: bottom, stroke: colours.ink, "stroke-dasharray": "1.5 3", "stroke-width": 1.3 }));
      }
    }
  }
}

// The cursor of the clock, or of the pointer, and what the chosen strategy has there.
export function follow(app, chart, read) {
  const line = draw("path", { class: "dl-cursor" });
  const chip = draw("g", { class: "dl-chip" }, draw("rect", { rx: 4, height: 20 }), draw("text", { "dominant-baseline": "central" }));
  let drawn = ""; // a clock that runs moves it by a pixel or two in a second: most frames need no new picture of a chart
  app.clock.listen((clock) => {
    if (!chart.svg || !chart.told) return;
    const { width, height } = chart.size;
    const at = clock.hover ?? clock.t;
    const x = Math.round(2 * scale(chart.told.axes.time, LEFT, width - chart.right(width))(at)) / 2;
    const mounted = line.parentNode === chart.svg;
    if (mounted && clock.hover === null && drawn === `${x}`) return;
    drawn = clock.hover === null ? `${x}` : "";
    if (!mounted) chart.svg.append(line, chip);
    line.setAttribute("d", (chart.spans ?? [[4, height - 22]]).map(([from, to]) => `M${x} ${from}V${to}`).join("")); // not through the names between pictures
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
    const share = (event.clientX - box.left - LEFT) / (box.width - LEFT - chart.right(box.width));
    return share < -0.02 || share > 1.02 ? null : Math.max(0, Math.min(share, 1)) * time.high;
  };
  chart.stage.addEventListener("pointermove", (event) => chart.told && app.clock.point(moment(event)));
  chart.stage.addEventListener("pointerleave", () => app.clock.point(null));
  chart.stage.addEventListener("click", (event) => {
    const t = chart.told && moment(event);
    if (t !== null && t !== undefined) app.clock.at(t);
  });
}

const ROOMY = 560; // px: a narrower dashboard has its names in the strips
const FEW = 5; // phones on their way: a line of so many and fewer has no queue to show
// Whether a latency never differs by more than chance makes it.
function evenly(values) {
  const known = values.filter((value) => value > 0);
  return known.length > 0 && Math.max(...known) <= 2 * Math.min(...known);
}

const chosen = (app, told) => told.strategies.find((each) => each.name === app.state.get("strategy")) ?? told.strategies[0];

export function makeLeakage(app) {
  const chart = makeChart(app, { name: "leakage" });
  chart.ghosts = true;
  chart.render = (svg, told, size) => {
    chart.words(told.charts.leakage);
    lines(svg, app, chart, told, size, {
      up: reach(app, told, "leakage"), edges: (each) => each.time.steps_s, values: (each) => each.time.leakage,
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
    lines(svg, app, chart, told, size, { up: reach(app, told, "latency"), edges: (each) => each.time.edges_s, values: (each) => known(each.time.p95_s), pale: 0.6 });
  };
  const { show } = chart;
  chart.show = (told) => {
    // Where all wait alike, and all the time, a sentence says it all. While an answer is still refined nothing jumps.
    if (told.done) chart.node.classList.toggle("dl-folded", told.charts.latency.alike);
    show(told);
    if (chart.node.classList.contains("dl-folded")) chart.words(told.charts.latency);
  };
  follow(app, chart, (told, t) => {
    const { say: name, time } = chosen(app, told);
    return `${name} ${valueAt(time.edges_s, time.p95_say, t)}`;
  });
  return chart;
}

// What the team sees, strip by strip, then what the rollout measured, and under it what is true: drawn once revealed.
export function makeDashboard(app) {
  const chart = makeChart(app, { name: "dashboard" });
  const MEASURED = 1.4; // how much higher a strip is that has limits and marks in it
  const looks = makeLooks();
  // Where the world changes, a brightness that does not is news.
  const still = make("p", { class: "dl-still" });
  chart.node.append(looks.node, still);
  let read = []; // what the pointed-at moment's look read, beside each strip
  let most = 0; // strips of any strategy so far: whoever chooses another strategy finds the page as high as before
  const { show } = chart;
  chart.show = (told) => {
    most = Math.max(most, ...told.strategies.map((each) => moving(told, each).length + MEASURED * (each.strips?.length ?? 0)));
    chart.stage.style.setProperty("--strips", most);
    show(told);
  };
  // What a rollout has measured tells how it ended, as its milestones do: not before somebody has predicted it.
  const measured = (strategy) => (app.open ? [] : (strategy.strips ?? []));
  // As wide as the other pictures: one moment is at one place in all of them.
  chart.right = (width) => (width > ROOMY ? rightOf(width) : Math.min(rightOf(width), 26));
  chart.render = (svg, told, { width, height }) => {
    const size = { width, height, room: chart.right(width) };
    const strategy = chosen(app, told);
    const truth = app.state.get("reveal") === "1";
    chart.words(told.charts.dashboard, truth ? (strategy.dashboard_parts ?? strategy.dashboard_words) : told.phrases.hidden);
    const colours = app.colours();
    const strips = moving(told, strategy);
    const rest = seen(told, strategy).filter((each) => each.still && !strips.some((strip) => strip.say === each.say));
    still.hidden = !rest.length;
    say(still, rest.length ? told.phrases.still.replace("{strips}", rest.map((each) => each.still).join(", ")) : "");
    const held = (metric) => ({ limits: (strategy.limits ?? []).filter((each) => each.metric === metric), alarms: (strategy.alarms ?? []).filter((each) => each.metric === metric) });
    const own = measured(strategy);
    const tall = (size.height - 22) / (strips.length + MEASURED * own.length + 1.6);
    const below = (row) => (strips.length + MEASURED * row) * tall;
    looks.show(own);
    strips.forEach((strip, row) => {
      const look = strip.world ? colours.ink : app.look(strategy).colour;
      drawStrip(svg, told, size, { ...strip, ...held(strip.metric) }, row * tall, (row + 1) * tall, { stroke: look, "stroke-width": 2 });
    });
    read = own.map((strip, row) => ({ strip, node: drawMeasured(svg, app, told, size, strip, below(row), below(row + 1), app.look(strategy)) }));
    const up = told.axes.leakage;
    const hidden = { say: told.charts.dashboard.truth, up, edges: strategy.time.steps_s, values: truth ? strategy.time.leakage : [] };
    const top = below(own.length);
    const place = frame(svg, app, size, told.axes.time, { ...up, ticks: [] }, size.room, top + HEAD);
    drawStrip(svg, told, size, hidden, top, place.bottom, { stroke: colours.wrong, "stroke-width": 2.6, "stroke-dasharray": "6 3" }, colours.wrong);
    if (!truth) {
      svg.append(draw("rect", { x: LEFT, y: top + HEAD, width: place.right - LEFT, height: place.bottom - top - HEAD, fill: colours.span, opacity: 0.5 }));
      svg.append(draw("text", { x: (LEFT + place.right) / 2, y: (top + HEAD + place.bottom) / 2, class: "dl-name", "text-anchor": "middle", "dominant-baseline": "central", fill: colours.quiet }, told.phrases.veiled));
    }
    const rows = [...strips.map((_, row) => [row * tall, (row + 1) * tall]), ...own.map((_, row) => [below(row), below(row + 1)]), [top, place.bottom + 3]];
    chart.spans = rows.map(([from, to]) => [from + HEAD, to - 3]);
    worldLines(svg, app, told, place, chart.spans);
  };

  // What hardly moves under any strategy, and is held against nothing, is told in words: the others have its room.
  function moving(told, strategy) {
    const isHeld = (metric) => told.strategies.some((each) => [...(each.limits ?? []), ...(each.alarms ?? [])].some((one) => one.metric === metric));
    const stillness = told.strategies.map((each) => new Map(seen(told, each).map((strip) => [strip.say, strip.still])));
    return seen(told, strategy).filter((strip) => (strip.metric && isHeld(strip.metric)) || !stillness.every((each) => each.get(strip.say)));
  }

  function seen(told, { time, seen: [rejects, latency], measures: { latency_p95_s: { brief } } }) {
    const { light, horizon_s: horizon } = told.world;
    const names = told.phrases.sees;
    const strips = [
      { metric: "reject_rate", say: told.charts.dashboard.sees, up: told.axes.rejects, edges: rejects.edges_s, values: rejects.value, one: rejects.one, tell: (t) => `${rejects.say} ${valueAt(rejects.edges_s, rejects.value_say, t)}` },
      { say: names.latency, up: told.axes.latency_seen, edges: latency.edges_s, values: latency.value.map((value) => value || null), one: latency.one.map((value) => value || null), still: evenly(latency.one) && `${names.latency} ${brief}`, tell: (t) => valueAt(latency.edges_s, latency.value_say, t) },
      { say: names.in_system, up: told.axes.in_system, edges: time.edges_s, values: time.in_system, one: time.in_system_of_one, still: Math.max(...time.in_system_of_one) <= FEW && names.at_most.replace("{n}", Math.max(...time.in_system_of_one)), tell: (t) => `${valueAt(time.edges_s, time.in_system, t)} ${names.under_way}` },
    ];
    if (!light.brightness) return strips;
    const edges = light.brightness.length > 1 ? light.edges_s : [0, horizon];
    return [...strips, { metric: "brightness", say: names.brightness, up: told.axes.brightness, edges, values: light.brightness, world: true, still: !told.world.events.some((event) => event.felt && event.until_s === null) && light.brightness.every((each) => each === light.brightness[0]) && `${names.brightness} ${percent(light.brightness[0])}`, tell: (t) => `${told.phrases.light} ${percent(valueAt(edges, light.brightness, t))}` }];
  }

  function drawStrip(svg, told, { width, room }, { say: name, up, edges, values, one, limits = [], alarms = [] }, top, bottom, stroke, ink = app.colours().ink) {
    const right = width - room;
    const x = scale(told.axes.time, LEFT, right);
    const y = scale(up, bottom - 3, top + HEAD);
    for (const tick of [up.ticks[0], up.ticks.at(-1)]) {
      svg.append(
        draw("line", { x1: LEFT, x2: right, y1: y(tick.at), y2: y(tick.at), stroke: app.colours().grid }),
        draw("text", { x: LEFT - 8, y: y(tick.at), class: "dl-tick", "text-anchor": "end", "dominant-baseline": "central" }, tick.say),
      );
    }
    // What the team holds against it, and when that rang: in no strategy's colour.
    for (const { value, say: limit } of limits) {
      const at = Math.max(y(value), top + HEAD);
      svg.append(
        draw("line", { x1: LEFT, x2: right, y1: at, y2: at, class: "dl-limit", stroke: app.colours().ink, "stroke-dasharray": "5 4", "stroke-width": 1.2 }),
        // Beside the strip, or in it where there is no room beside it.
        room < 100
          ? draw("text", { x: right - 3, y: at + (at > (top + bottom) / 2 ? -8 : 9), class: "dl-tick dl-cased", "text-anchor": "end", "dominant-baseline": "central" }, limit)
          : draw("text", { x: right + 8, y: at, class: "dl-tick", "dominant-baseline": "central" }, limit),
      );
    }
    alarms.forEach(({ at_s: at }, number) => {
      svg.append(draw("path", { d: BELL, transform: `translate(${x(at)} ${bottom - 9})`, class: "dl-alarm", fill: app.colours().ink }));
      if (!number) svg.append(draw("text", { x: x(at) + 8, y: bottom - 8, class: "dl-tick dl-cased", "dominant-baseline": "central" }, app.told.phrases.rang));
    });
    if (one && told.replications > 1) svg.append(draw("path", { d: steps(edges, one, x, y), class: "dl-one", fill: "none", ...stroke, "stroke-width": 1.2, opacity: 0.4 }));
    svg.append(draw("path", { d: steps(edges, values, x, y), fill: "none", ...stroke }));
    svg.append(draw("text", { x: LEFT, y: top + NAME, class: "dl-name dl-cased", "font-weight": 600, fill: ink }, `${name[0].toUpperCase()}${name.slice(1)}`));
  }
  follow(app, chart, (told, t) => seen(told, chosen(app, told)).map((strip) => strip.tell(t)).join(" · "));
  app.clock.listen((clock) => read.forEach(({ node, strip }) => say(node, clock.hover === null ? "" : readAt(strip, clock.hover))));
  return chart;
}

// Who decides, of the chosen strategy: bands, and their names beside them. Where nothing changes a sentence says it all.
export function makeTraffic(app) {
  const chart = makeChart(app, { name: "traffic" });
  chart.render = (svg, told, size) => {
    const strategy = chosen(app, told);
    chart.words(told.charts.traffic, strategy.traffic_parts ?? strategy.traffic_words);
    const place = frame(svg, app, size, told.axes.time, told.axes.share);
    const { edges_s: edges, share } = strategy.time;
    const { ink, ground } = app.colours();
    let floor = edges.slice(0, -1).map(() => 0);
    const ends = [];
    for (const decider of told.deciders) {
      if (!share[decider.name]) continue;
      const { colour } = app.look(decider);
      const tops = floor.map((low, n) => low + (share[decider.name][n] ?? 0));
      svg.append(draw("path", { d: band(edges, floor, tops, place.x, place.y), fill: colour, stroke: ground, "stroke-width": 1 }));
      const last = tops.findLastIndex((top, n) => top - floor[n] > 0.005);
      if (last >= 0) ends.push({ x: place.x(edges[last + 1]), y: place.y((floor[last] + tops[last]) / 2), near: 8, say: decider.say, colour, ink, marker: "square" });
      floor = tops;
    }
    for (const [version, looked] of Object.entries(strategy.time.mirrored)) {
      const shown = looked.map((value) => (value ? Math.min(value, 0.985) : null));
      const last = shown.findLastIndex((value) => value !== null);
      svg.append(draw("path", { d: steps(edges, shown, place.x, place.y), fill: "none", stroke: ink, "stroke-width": 1.8, "stroke-dasharray": "5 3" }));
      if (last >= 0) ends.push({ x: LEFT, y: place.y(0.9), near: 0, say: `${version} ${told.phrases.mirror}`, colour: ink, ink });
    }
    worldLines(svg, app, told, place);
    nameEnds(svg, app, chart, ends, { x: place.right, low: 4, high: place.bottom - 2, wide: rightOf(size.width) });
  };
  const { show } = chart;
  chart.show = (told) => {
    const { steady } = chosen(app, told);
    chart.node.classList.toggle("dl-folded", Boolean(steady));
    show(told);
    if (steady) chart.words(told.charts.traffic, chosen(app, told).traffic_parts);
  };
  follow(app, chart, () => "");
  return chart;
}
