// The line itself on a canvas: belt, camera and lamp, servers, inspectors, queues, reject bin, shipped phones.

import { clockText, count, make, percent, say } from "./dom.js";
import { phonesAt } from "./journey.js";
import { isDown, isOn, onDuty, routeAt, tally, valueAt } from "./reel.js";
import { between, sceneOf, serverPlace } from "./scene.js";

export function makeLine(app) {
  const canvas = make("canvas", { class: "dl-canvas", role: "img", "aria-label": "The line" });
  const refusal = make("p", { class: "dl-words dl-refusal", role: "status", hidden: true });
  const node = make("div", { class: "dl-line", "data-part": "line" }, canvas, refusal);
  const pen = canvas.getContext("2d");
  let reel = null;
  let scene = null;
  let shown = [];
  let stale = false;
  const line = {
    node,
    canvas,
    drawn: 0,
    cost: 0,
    show(given) {
      reel = given;
      stale = false;
      node.classList.remove("dl-stale");
      refusal.hidden = true;
      canvas.setAttribute("aria-label", app.told.phrases?.line ?? "");
      fit();
    },
    old(on) {
      stale = on;
      node.classList.toggle("dl-stale", on);
    },
    // There are runs whose phones are too many to be sent.
    refuse(words) {
      reel = null;
      pen.clearRect(0, 0, canvas.width, canvas.height);
      refusal.hidden = false;
      say(refusal, words);
    },
    picture: () => canvas,
  };

  function fit() {
    const box = node.getBoundingClientRect();
    if (!box.width) return;
    const dense = Math.min(window.devicePixelRatio || 1, 2);
    const height = Math.round(box.height);
    canvas.width = Math.round(box.width * dense);
    canvas.height = Math.round(height * dense);
    pen.setTransform(dense, 0, 0, dense, 0, 0);
    scene = reel && sceneOf(reel, box.width, height);
    app.clock.touch();
  }
  const watch = new ResizeObserver(fit);
  watch.observe(node);
  app.ends.push(() => watch.disconnect());
  canvas.addEventListener("click", (event) => {
    const box = canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const near = shown.filter((phone) => !phone.ghost).map((phone) => [Math.hypot(phone.x - x, phone.y - y), phone.i]);
    near.sort((one, other) => one[0] - other[0]);
    if (near.length && near[0][0] < 24) app.focus(near[0][1]);
  });

  // Who has scrolled past it sees nothing of it.
  let inView = true;
  const looks = new IntersectionObserver(([seen]) => {
    inView = seen.isIntersecting;
    if (inView) app.clock.touch();
  });
  looks.observe(node);
  app.ends.push(() => looks.disconnect());

  app.clock.listen((clock) => {
    if (!reel || !scene || !app.paint || !inView) return;
    const began = performance.now();
    paintLine(clock.t, clock.speed);
    line.cost = performance.now() - began;
  });

  function paintLine(t, speed) {
    const colours = app.colours();
    pen.clearRect(0, 0, scene.width, scene.height);
    const told = phonesAt(reel, scene, t, speed);
    shown = told.found;
    line.drawn = shown.length;
    paintBelt(t, speed, colours, told.held > 0);
    scene.stations.forEach((station) => station && paintStation(station, t, colours));
    paintLamp(t, colours);
    const truth = app.state.get("reveal") === "1";
    for (const phone of shown) if (phone.ghost) paintPhone(phone, colours, truth);
    for (const phone of shown) if (!phone.ghost && phone.i !== app.focused) paintPhone(phone, colours, truth);
    for (const phone of shown) if (!phone.ghost && phone.i === app.focused) paintPhone(phone, colours, truth);
    paintShares(t, colours);
    paintExits(t, colours);
    scene.stations.forEach((station, number) => station && paintName(station, number, t, colours, told));
  }

  function text(words, x, y, { size = 12, weight = 400, align = "left", colour, cased } = {}) {
    pen.font = `${weight} ${size}px ${app.font}`;
    pen.textAlign = align;
    pen.textBaseline = "middle";
    if (cased) {
      pen.lineJoin = "round";
      pen.lineWidth = 4;
      pen.strokeStyle = cased;
      pen.strokeText(words, x, y);
    }
    pen.fillStyle = colour;
    pen.fillText(words, x, y);
  }

  function box(x, y, w, h, r, fill, stroke, dash = []) {
    pen.beginPath();
    pen.roundRect(x, y, w, h, r);
    if (fill) {
      pen.fillStyle = fill;
      pen.fill();
    }
    if (stroke) {
      pen.setLineDash(dash);
      pen.lineWidth = 1;
      pen.strokeStyle = stroke;
      pen.stroke();
      pen.setLineDash([]);
    }
  }

  // The belt and the ways to the stations and on to the exits: one band, so that where they meet nothing is seen of it.
  function paintBelt(t, speed, colours, stopped) {
    const wide = scene.phone.h + 6;
    pen.beginPath();
    pen.moveTo(-20, scene.belt);
    pen.lineTo(scene.x.router, scene.belt);
    for (const station of scene.stations) {
      if (!station) continue;
      way(scene.x.router, scene.belt, station.x - 4, station.y);
      pen.lineTo(station.x + 50, station.y);
      way(station.x + 50, station.y, scene.shipped.x + 20, scene.shipped.y);
      way(station.x + 50, station.y, scene.rejected.x + 20, scene.rejected.y);
    }
    pen.lineWidth = wide;
    pen.lineJoin = "round";
    pen.strokeStyle = colours.way;
    pen.globalAlpha = 0.5;
    pen.stroke();
    pen.globalAlpha = 1;
    // Rollers that turn while it runs.
    const step = 14;
    const moved = stopped ? 0 : (((t / speed) * scene.x.router) / 1.5) % step;
    pen.strokeStyle = colours.belt;
    pen.lineWidth = 1.5;
    pen.beginPath();
    for (let x = moved - step; x < scene.x.router - 6; x += step) {
      for (const edge of [-1, 1]) {
        pen.moveTo(x, scene.belt + (edge * wide) / 2);
        pen.lineTo(x, scene.belt + edge * (wide / 2 + 4));
      }
    }
    pen.stroke();
    if (stopped) text(app.told.phrases.blocked, 10, scene.belt + wide / 2 + 16, { colour: colours.wrong, weight: 600 });
  }

  function way(x0, y0, x1, y1) {
    const middle = (x0 + x1) / 2;
    pen.moveTo(x0, y0);
    pen.bezierCurveTo(middle, y0, middle, y1, x1, y1);
  }

  // What is asked of a station now: whether somebody decides by it, and whether it only looks on.
  function dutyOf(station, t) {
    const route = routeAt(reel, t);
    const arms = route.shares.map(({ arm }) => reel.arms.find((each) => each.name === arm)).filter(Boolean);
    const mirrors = route.mirrors.map(({ arm }) => reel.arms.find((each) => each.name === arm)?.version ?? arm);
    const asked = station.kind === "humans"
      ? arms.some((arm) => arm.decider === "humans" || arm.high > arm.low) || route.fallback === "humans"
      : arms.some((arm) => arm.version === station.name) || mirrors.includes(station.name);
    return { asked, looksOn: mirrors.includes(station.name) };
  }

  function paintStation(station, t, colours) {
    const down = isDown(station, t);
    const { asked } = dutyOf(station, t);
    const left = station.x - 4;
    const wide = 56;
    pen.globalAlpha = asked ? 1 : 0.4;
    box(left, station.y - station.half, wide, 2 * station.half, 8, station.kind === "humans" ? colours.humans : colours.model(station), down ? colours.wrong : null);
    // Who has a break is pale.
    const there = new Set(station.duty_s?.flatMap((_, server) => (isOn(station, server, t) ? [serverPlace(station, server).y] : [])));
    for (let slot = 0; slot < station.shown; slot++) {
      const place = serverPlace({ ...station, places: null }, slot);
      pen.globalAlpha = (asked ? 1 : 0.4) * (station.duty_s && !there.has(place.y) ? 0.25 : 1);
      if (station.kind === "humans") paintPerson(place.x + 22, place.y, station.shown > 1 ? station.gap : 26, colours);
      else paintChip(place.x + 22, place.y, colours);
    }
    pen.globalAlpha = asked ? 1 : 0.4;
    if (down) {
      pen.save();
      pen.beginPath();
      pen.roundRect(left, station.y - station.half, wide, 2 * station.half, 8);
      pen.clip();
      pen.strokeStyle = colours.wrong;
      pen.lineWidth = 1;
      for (let x = left - 2 * station.half; x < left + wide; x += 8) {
        pen.beginPath();
        pen.moveTo(x, station.y + station.half);
        pen.lineTo(x + 2 * station.half, station.y - station.half);
        pen.stroke();
      }
      pen.restore();
    }
    pen.globalAlpha = 1;
  }

  // Above the phones, which may stand where it is written.
  function paintName(station, number, t, colours, told) {
    const down = isDown(station, t);
    const { asked, looksOn } = dutyOf(station, t);
    const left = station.x - 4;
    pen.globalAlpha = asked ? 1 : 0.55;
    const people = onDuty(station, t);
    const name = station.kind === "humans" && (station.duty_s || people > 1) ? `${people} ${station.say}` : station.say;
    const high = station.y - station.half - 9;
    const until = down ? `${app.told.phrases.down} ${clockText(down[1], reel.horizon_s)}` : "";
    const label = down && !scene.narrow ? `${name}: ${until}` : name;
    const ink = { weight: 600, colour: down ? colours.wrong : colours.ink, cased: colours.ground };
    text(label, left, high, ink);
    if (down && scene.narrow) text(until, left + 56, high - 14, { ...ink, align: "right" });
    if (looksOn && !down) text(app.told.phrases.mirror, left + pen.measureText(label).width + 6, high, { colour: colours.quiet, cased: colours.ground });
    pen.globalAlpha = 1;
    const waits = told.queues[number];
    if (waits > 1) {
      text(`${count(waits)} ${app.told.phrases.waiting}`, left - 24, high, { align: "right", colour: colours.quiet, cased: colours.ground });
    }
  }

  // As large as there is room to the next one.
  function paintPerson(x, y, gap, colours) {
    const large = Math.min(1, gap / 19);
    pen.fillStyle = colours.figure;
    pen.beginPath();
    pen.arc(x, y - 4.5 * large, 3.6 * large, 0, 7);
    pen.fill();
    pen.beginPath();
    pen.arc(x, y + 6.5 * large, 6.2 * large, Math.PI, 0);
    pen.fill();
  }

  function paintChip(x, y, colours) {
    box(x - 5, y - 5, 10, 10, 2, null, colours.figure);
    pen.beginPath();
    for (const along of [-2.5, 2.5]) {
      for (const [dx, dy] of [[along, -5], [along, 5]]) {
        pen.moveTo(x + dx, y + dy);
        pen.lineTo(x + dx, y + dy + Math.sign(dy) * 2.5);
      }
      for (const [dx, dy] of [[-5, along], [5, along]]) {
        pen.moveTo(x + dx, y + dy);
        pen.lineTo(x + dx + Math.sign(dx) * 2.5, y + dy);
      }
    }
    pen.stroke();
  }

  // What came out stands where no phone goes: above the one exit, below the other.
  function paintExits(t, colours) {
    const truth = app.state.get("reveal") === "1";
    const rows = [
      [scene.shipped, -1, app.told.phrases.shipped, "shipped", "escaped"],
      [scene.rejected, 1, app.told.phrases.rejected, "rejected", "overkilled"],
    ];
    for (const [place, side, name, counts, wrong] of rows) {
      const x = place.x + 2;
      const y = place.y + (scene.narrow ? 21 : 27) * side;
      text(count(tally(reel, counts, t)), x, y, { align: "right", size: 17, weight: 600, colour: colours.ink, cased: colours.ground });
      // Phones come nearer where it is narrow: there the name stands farther out.
      const aside = scene.narrow ? 0 : pen.measureText(count(tally(reel, counts, t))).width + 6;
      text(name, x - aside, y + (scene.narrow ? (side < 0 ? -18 : 15) : 1), { align: "right", colour: colours.quiet, cased: colours.ground });
      if (truth) {
        const words = `${count(tally(reel, wrong, t))} ${app.told.phrases[wrong]}`;
        text(words, x, y + (scene.narrow ? (side < 0 ? -32 : 29) : 17 * side), { align: "right", weight: 600, colour: colours.wrong, cased: colours.ground });
      }
    }
  }

  function paintLamp(t, colours) {
    const light = reel.light;
    const bright = valueAt(light.edges_s, light.brightness, t) ?? 1;
    const { x } = scene;
    const high = scene.belt - 58;
    const lit = Math.max(0, Math.min(bright, 1));
    const glow = pen.createLinearGradient(0, high, 0, scene.belt + scene.phone.h);
    glow.addColorStop(0, `rgba(255, 205, 70, ${0.75 * lit})`);
    glow.addColorStop(1, `rgba(255, 205, 70, ${0.12 * lit})`);
    pen.beginPath();
    pen.moveTo(x.router - 6, high);
    pen.lineTo(x.router + 6, high);
    pen.lineTo(x.router + 24, scene.belt + scene.phone.h / 2 + 4);
    pen.lineTo(x.router - 24, scene.belt + scene.phone.h / 2 + 4);
    pen.fillStyle = glow;
    pen.fill();
    box(x.router - 9, high - 7, 18, 8, 3, colours.figure);
    const words = `${app.told.phrases.light} ${percent(bright)}`;
    text(words, x.router, high - 16, { align: "center", colour: bright < 0.95 ? colours.ink : colours.quiet, weight: bright < 0.95 ? 600 : 400 });
    const pinned = app.ghost?.world.light;
    const other = pinned && (valueAt(pinned.edges_s, pinned.brightness, t) ?? 1);
    if (pinned && percent(other) !== percent(bright)) text(`${app.told.phrases.only_pinned} ${percent(other)}`, x.router, high - 32, { align: "center", colour: colours.quiet });
  }

  function paintShares(t, colours) {
    const route = routeAt(reel, t);
    if (scene.narrow) return;
    for (const { arm, share } of route.shares) {
      const who = reel.arms.find((each) => each.name === arm);
      const number = reel.stations.findIndex((station) => station.name === (who?.decider === "humans" ? "humans" : who?.version));
      const station = scene.stations[number];
      if (!station || share >= 1) continue;
      const { x, y } = between({ x: scene.x.router, y: scene.belt }, { x: station.x - 4, y: station.y }, 0.6);
      const words = percent(share);
      pen.font = `600 12px ${app.font}`;
      const wide = pen.measureText(words).width + 10;
      box(x - wide / 2, y - 9, wide, 18, 9, colours.ground, colours.way);
      text(words, x, y + 0.5, { align: "center", weight: 600, colour: colours.ink });
    }
  }

  function paintPhone(phone, colours, truth) {
    const { w, h } = scene.phone;
    const [x, y] = [phone.x - w / 2, phone.y - h / 2];
    const { i, told } = phone;
    pen.globalAlpha = phone.ghost ? 0.55 * phone.fades : phone.leaves > 0.8 ? (1 - phone.leaves) / 0.2 : stale ? 0.5 : 1;
    const fill = phone.ghost ? null : told === 1 ? colours.reject : told === 0 ? colours.pass : colours.undecided;
    box(x, y, w, h, 2, fill, told === 1 && !phone.ghost ? colours.reject : colours.phone, phone.ghost ? [2, 2] : []);
    if (told === 1) cross(phone.x, phone.y, w * 0.24, phone.ghost ? colours.phone : colours.onReject);
    else if (told === 2) text("?", phone.x, phone.y + 0.5, { size: 10, weight: 700, align: "center", colour: colours.ink });
    if (truth && !phone.ghost) {
      const bad = reel.defective[i] === 1;
      const decided = phone.leaves !== undefined;
      if (decided && bad === (told === 0)) ring(phone, bad, colours);
      else if (bad && !decided) dot(phone.x, y - 4, colours.wrong);
    }
    if (i === app.focused && !phone.ghost) box(x - 4, y - 4, w + 8, h + 8, 4, null, colours.ink);
    pen.globalAlpha = 1;
  }

  function ring(phone, escaped, colours) {
    pen.lineWidth = 2;
    pen.strokeStyle = colours.wrong;
    pen.setLineDash(escaped ? [] : [3, 2.5]);
    pen.beginPath();
    pen.arc(phone.x, phone.y, scene.phone.h * 0.85, 0, 7);
    pen.stroke();
    pen.setLineDash([]);
  }

  function dot(x, y, colour) {
    pen.fillStyle = colour;
    pen.beginPath();
    pen.arc(x, y, 2.2, 0, 7);
    pen.fill();
  }

  function cross(x, y, r, colour) {
    pen.strokeStyle = colour;
    pen.lineWidth = 1.5;
    pen.beginPath();
    pen.moveTo(x - r, y - r);
    pen.lineTo(x + r, y + r);
    pen.moveTo(x + r, y - r);
    pen.lineTo(x - r, y + r);
    pen.stroke();
  }
  return line;
}
