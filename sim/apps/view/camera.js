// The camera's view of one phone under today's light, beside what an inspector sees, and what each said of it.

import { clockText, count, draw, fill, lastUpTo, make, say } from "./dom.js";
import { drawPhone } from "./flaws.js";
import { icon } from "./icons.js";
import { valueAt } from "./reel.js";

const REST = 1500; // ms that a phone stays in the picture while the line runs
const SEEN = 900; // ms for which a phone is still on its way, however soon it was decided

export function makeCamera(app) {
  const scores = make("div", { class: "dl-scores" });
  const words = make("p", { class: "dl-words", "aria-live": "off", "data-part": "words" });
  const before = make("button", { class: "dl-button", type: "button", "aria-label": "Phone before" }, icon("left"));
  const next = make("button", { class: "dl-button", type: "button", "aria-label": "Next phone" }, icon("right"));
  const pictures = make("section", { class: "dl-phones", "data-part": "camera", "aria-label": "The camera’s view" });
  const node = make("section", { class: "dl-camera", "data-part": "camera", "aria-label": "The phone in view" }, make("span", { class: "dl-pair" }, before, next), words, scores);
  let reel = null;
  let shown = -1;
  let since = 0;
  let seen = "";
  const camera = {
    node, pictures,
    show(given) {
      reel = given;
      shown = -1;
      seen = "";
      app.clock.touch();
    },
    look(i, now = performance.now()) {
      shown = Math.max(0, Math.min(i, reel.phones - 1));
      since = now;
      app.focused = shown;
      app.clock.touch();
    },
  };
  const step = (by) => {
    if (!reel) return;
    app.clock.play(false);
    const i = Math.max(0, Math.min((shown < 0 ? 0 : shown) + by, reel.phones - 1));
    app.clock.at(reel.due[i] + 1e-3);
    camera.look(i);
  };
  before.addEventListener("click", () => step(-1));
  next.addEventListener("click", () => step(1));

  app.clock.listen((clock, now) => {
    if (!reel || !app.paint) return;
    if (shown < 0 || (clock.playing && now - since > REST) || (!clock.playing && Math.abs(reel.due[shown] - clock.t) > REST * 0.004 * clock.speed)) {
      camera.look(mostFlawed(clock), now);
    }
    render(clock.t);
  });

  // Of those that have just come: the one with most to see, so that a fast line does not flicker.
  function mostFlawed(clock) {
    const last = Math.max(0, lastUpTo(reel.due, clock.t));
    let first = Math.max(0, lastUpTo(reel.due, clock.t - (SEEN / 1000) * clock.speed));
    let best = last;
    for (; first <= last; first++) if (reel.worst[first] > reel.worst[best]) best = first;
    return best;
  }

  function render(t) {
    const i = shown;
    const decided = reel.done[i] <= t; // never, where there was no verdict: its time is no number
    const truth = app.state.get("reveal") === "1";
    const light = lightAt(reel.due[i]);
    const key = [i, decided, truth, JSON.stringify(light), app.theme, reel.strategy].join();
    if (key === seen) return;
    seen = key;
    const flaws = [];
    for (let f = reel.firstFlaw[i]; f < reel.firstFlaw[i + 1]; f++) flaws.push({ kind: reel.flaw[f], severity: reel.severity[f] });
    pictures.replaceChildren(
      framed(i, flaws, light, app.told.phrases.camera),
      framed(i, flaws, { brightness: 1, contrast: 1, haze: 0, blur: 0 }, app.told.phrases.eye),
    );
    scores.replaceChildren(...opinions(i, t));
    say(words, sentence(i, flaws, decided, truth));
  }

  function lightAt(t) {
    const { edges_s: edges, brightness, contrast, haze, blur } = reel.light;
    const at = (values, usual) => valueAt(edges, values, t) ?? usual;
    return { brightness: at(brightness, 1), contrast: at(contrast, 1), haze: at(haze, 0), blur: at(blur, 0) };
  }

  function framed(i, flaws, light, label) {
    const svg = draw("svg", { viewBox: "0 0 180 268", preserveAspectRatio: "xMidYMid meet", class: "dl-frame", role: "img", "aria-label": label },
      ...scenery(i, flaws, reel.kinds, reel.finish[i], light));
    return make("figure", {}, svg, make("figcaption", { text: label }));
  }

  // What each look made of it: a bar from surely good to surely bad, and where the border is.
  function opinions(i, t) {
    const rows = [];
    const arm = reel.arms[reel.arm[i]];
    for (let v = reel.visit[i]; v < reel.visit[i + 1]; v++) {
      if (!(reel.end[v] <= t) || Number.isNaN(reel.evidence[v])) continue;
      const station = reel.stations[reel.station[v]];
      const people = station.kind === "humans";
      const value = reel.evidence[v] + reel.evidence_from;
      const owner = people ? null : arm?.version === station.name ? arm : reel.arms.find((each) => each.version === station.name);
      const borders = people ? [reel.criterion] : owner ? [...new Set([owner.low, owner.high])].filter((each) => each > 0 && each < 1) : [];
      const place = (number) => `${(100 * (people ? along(number, -3, [], 5) : along(number, 0, borders, 1))).toFixed(1)}%`;
      const advises = reel.said[v] === 2 && !borders.length; // it has no band of its own to be unsure in
      const verdict = advises ? app.told.phrases.advises : (app.told.phrases.said[reel.said[v]] ?? "");
      const bar = make("span", { class: "dl-bar", "aria-hidden": "true" },
        ...borders.map((border) => make("i", { class: "dl-border", style: { left: place(border) } })),
        make("b", { class: "dl-value", style: { left: place(value) } }),
      );
      const who = reel.kind[v] === 3 ? `${station.say} ${app.told.phrases.mirror}` : people ? app.told.phrases.inspector : station.say;
      rows.push(make("div", { class: "dl-opinion" }, make("span", { text: who }), bar, make("span", { class: "dl-verdict", text: verdict })));
    }
    return rows;
  }

  function sentence(i, flaws, decided, truth) {
    const { phrases } = app.told;
    const parts = [fill(phrases.phone, { number: count(i + 1), clock: clockText(reel.due[i], reel.horizon_s) })];
    const named = flaws.map(({ kind, severity }) => fill(phrases.flaw, { kind: reel.kinds[kind], size: severity.toFixed(1) }));
    parts.push(named.length ? `${named.join(", ")}.` : phrases.flawless);
    parts.push(decided ? phrases.by[reel.by[i]] + (reel.verdict[i] === 1 ? phrases.rejects : phrases.ships) : phrases.undecided);
    if (truth) parts.push(reel.defective[i] ? phrases.defective : phrases.good);
    return parts.join(" ");
  }
  return camera;
}

// Where a number stands on a bar: borders at even places, however near an end they are, so that each side has room.
function along(number, low, borders, high) {
  const ends = [low, ...borders, high];
  const at = Math.max(low, Math.min(number, high));
  const part = Math.min(ends.findLastIndex((end) => end <= at), ends.length - 2);
  return (part + (at - ends[part]) / (ends[part + 1] - ends[part])) / (ends.length - 1);
}

// A phone on the belt as it looks in a light.
export function scenery(number, flaws, kinds, finish, { brightness, contrast, haze, blur }) {
  const scene = draw("g", { style: {
    filter: `brightness(${Math.max(0.1, brightness ** 0.75).toFixed(3)}) contrast(${contrast}) blur(${(1.6 * blur).toFixed(2)}px)`,
  } });
  scene.append(
    draw("rect", { x: -200, y: -150, width: 580, height: 568, fill: "#c9d2da" }),
    draw("ellipse", { cx: 90, cy: 252, rx: 66, ry: 8, fill: "#8c98a4", opacity: 0.6 }),
    draw("g", { transform: "translate(30 14)" }, drawPhone(number, flaws, kinds, finish)),
  );
  return haze > 0 ? [scene, draw("rect", { x: -200, y: -150, width: 580, height: 568, fill: "#eef1f3", opacity: Math.min(0.9 * haze, 0.85) })] : [scene];
}
