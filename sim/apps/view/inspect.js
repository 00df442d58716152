// Be the inspector: two minutes of drawn phones, what they say of you, and the way onto the line.

import { scenery } from "./camera.js";
import { draw, make, percent, say } from "./dom.js";
import { whereOf } from "./flaws.js";

const BLOCK = 60; // seconds of each half
const ENOUGH = 40; // phones of each half, where nobody counts the seconds
const GAP = 140; // ms of nothing between two phones, so that two that are alike are seen to be two
const HALVES = ["Without advice", "With a model’s advice"];

export function makeInspect(app, ask) {
  const begin = make("button", { type: "button", class: "dl-quiet", text: "Be the inspector", on: { click: open } });
  const leave = make("button", { type: "button", class: "dl-quiet", text: "Leave the line", on: { click: () => work("") } });
  const node = make("div", { class: "dl-row", "data-part": "inspector" }, begin, leave);
  const body = make("div", { class: "dl-inspect" });
  const dialog = make("dialog", { class: "dl-dialog dl-trial", "aria-label": "Be the inspector" }, body);
  node.append(dialog);
  let trial = null;

  function open() {
    trial = { seed: null, phones: [], answers: [], half: 0, paused: false, timed: true, left: BLOCK, at: -1, since: 0, mapping: app.state.mapping() };
    welcome();
    dialog.showModal();
    trial.start.focus();
    ask({ kind: "deal", state: trial.mapping, first: 0 });
  }

  const button = (text, act, props = {}) => make("button", { type: "button", class: "dl-quiet", text, on: { click: act }, ...props });
  const leaveOff = () => {
    cancelAnimationFrame(trial?.ticks);
    clearTimeout(trial?.gap);
    trial = null;
  };
  const close = () => {
    leaveOff();
    dialog.close();
    begin.focus();
  };
  dialog.addEventListener("close", () => dialog.open || leaveOff()); // a browser may close it unasked
  const runs = () => Boolean(trial?.running) && !trial.paused;
  // Escape stops the clock first, and closes what does not run.
  dialog.addEventListener("cancel", (event) => {
    if (!runs()) return;
    event.preventDefault();
    pause();
  });
  // Nobody judges what they do not see.
  const away = () => document.hidden && runs() && pause();
  document.addEventListener("visibilitychange", away);
  app.ends.push(() => document.removeEventListener("visibilitychange", away));

  function welcome() {
    const limit = make("input", { type: "checkbox", id: `${app.id}-limit` });
    const begins = () => {
      trial.timed = !limit.checked;
      half(0);
    };
    // Whoever is faster than the phones waits for them, and nobody's keys go elsewhere when they come.
    const start = button("Start", () => {
      if (trial.phones.length) return begins();
      start.textContent = "The phones are coming…";
      trial.dealt = begins;
    }, { class: "dl-quiet dl-go" });
    trial.start = start; // there are no phones yet
    trial.samples = make("div", { class: "dl-samples" });
    body.replaceChildren(
      make("h2", { class: "dl-message", text: "Be the inspector" }),
      make("p", { text: "Two minutes of phones. Reject what has a flaw larger than its sample below; pass the rest, also where a flaw is smaller. In the first minute you are alone; in the second a model says what it thinks, and it is not always right." }),
      make("h3", { text: "A flaw just at the limit" }), trial.samples,
      make("p", { class: "dl-words", text: "Keys: F or ← passes, J or → rejects, P or Esc stops the clock. Two phones in five are defective: more than on a line, so that two minutes say something. There is no feedback before the end." }),
      make("label", { class: "dl-choice", for: limit.id }, limit, `No time limit: ${ENOUGH} phones each time`),
      make("div", { class: "dl-row" }, start, button("Close", close)),
    );
  }

  function samples(told) {
    trial.samples.replaceChildren(...told.kinds.map((name, kind) =>
      make("figure", {}, frame(2000 + kind, [{ kind, severity: 1 }], 0, `${name}, just at the limit`), make("figcaption", { text: name }))));
  }

  const frame = (number, flaws, finish, label) =>
    draw("svg", { viewBox: "0 0 180 268", preserveAspectRatio: "xMidYMid meet", class: "dl-frame", role: "img", "aria-label": label },
      ...scenery(number, flaws, trial.told.kinds, finish, trial.told.light));

  function half(number) {
    Object.assign(trial, { half: number, left: BLOCK, done: 0, paused: false });
    const [pass, reject] = [["F ←", "Pass", 0], ["J →", "Reject", 1]].map(([keys, text, verdict]) =>
      make("button", { type: "button", class: "dl-quiet dl-judge", on: { click: () => judge(verdict) } }, make("kbd", { text: keys, "aria-hidden": "true" }), make("span", { text })));
    trial.stage = make("div", { class: "dl-onstage", tabindex: 0, role: "group", "aria-label": "The phone. F passes, J rejects, P stops the clock." });
    trial.words = make("p", { class: "dl-hidden dl-seen", "aria-live": "polite" }); // for those who hear: words beside a picture would be advice
    trial.advice = make("p", { class: "dl-advice", hidden: number === 0 });
    trial.bar = make("progress", { max: 1, value: 0, "aria-label": "How much of this half is over" });
    trial.count = make("span", { class: "dl-value-text" });
    trial.stop = button("Pause", pause);
    body.replaceChildren(
      make("div", { class: "dl-head" }, make("h2", { class: "dl-message", text: HALVES[number] }), trial.count),
      trial.bar, make("div", { class: "dl-bench" }, trial.stage, make("div", { class: "dl-limits" }, make("p", { class: "dl-axis", text: "Just at the limit" }), trial.samples)),
      trial.advice, trial.words,
      make("div", { class: "dl-row dl-verdicts" }, pass, reject),
      make("div", { class: "dl-row" }, trial.stop, button("Stop and see", finish)),
    );
    trial.running = true;
    trial.stage.focus();
    next();
    tick();
  }

  function next() {
    trial.at += 1;
    trial.stage.replaceChildren();
    trial.shown = null;
    if (trial.phones.length - trial.at < 8 && !trial.asked && !trial.out) {
      trial.asked = true;
      ask({ kind: "deal", state: trial.mapping, trial: trial.seed, first: trial.phones.length });
    }
    clearTimeout(trial.gap);
    trial.gap = setTimeout(present, GAP);
  }

  function present() {
    if (!runs()) return;
    const phone = trial.phones[trial.at];
    if (!phone) return void (trial.out && over()); // else it comes when it is dealt
    const words = told(phone);
    trial.stage.replaceChildren(frame(phone.number, phone.flaws, phone.finish, words));
    const advice = trial.half ? `The model says: ${phone.advice ? "reject" : "pass"}` : "";
    say(trial.words, `Phone ${trial.at + 1}: ${words} ${advice}`);
    if (trial.half) {
      say(trial.advice, advice);
      trial.advice.dataset.says = phone.advice ? "reject" : "pass";
    }
    trial.words.dataset.phone = phone.number;
    trial.shown = phone;
    trial.since = performance.now();
    trial.spent = 0;
  }

  // Who cannot see the picture hears what a look tells: as unsure as a look, and nothing of what the light hides.
  function told({ number, flaws }) {
    const seen = flaws.filter(({ seems }) => seems >= 0);
    const each = seen.map(({ kind, seems }) => `${trial.told.kinds[kind]}, ${whereOf(number, kind, flaws)}, seems ${trial.told.seems[seems]} the limit`);
    return each.length ? `${each.join("; ")}.` : "nothing to be seen.";
  }

  function judge(verdict) {
    if (!trial?.shown || trial.paused) return;
    const spent = trial.spent + performance.now() - trial.since;
    trial.answers.push([trial.shown.number, verdict, trial.half, Math.round(spent)]);
    trial.done += 1;
    if (over()) return;
    next();
  }

  function over() {
    const goesOn = trial.timed ? trial.left > 0 : trial.done < ENOUGH;
    if (goesOn && !(trial.out && trial.at >= trial.phones.length)) return false;
    trial.running = false;
    if (trial.half === 0) between();
    else finish();
    return true;
  }

  function between() {
    clearTimeout(trial.gap);
    const go = button("Go on", () => half(1), { class: "dl-quiet dl-go" });
    body.replaceChildren(
      make("h2", { class: "dl-message", text: "Now a model tells you what it thinks" }),
      make("p", { text: `It says pass or reject under each phone, and is wrong for ${percent(trial.told.about.wrong).replace(" ", "\u00a0")} of them: oftener than a good one, so that this minute can tell how far you follow it. The verdict is yours.` }),
      make("div", { class: "dl-row" }, go, button("Stop and see", finish)),
    );
    go.focus();
  }

  function tick(before = performance.now()) {
    trial.ticks = requestAnimationFrame((now) => {
      if (!trial?.running) return;
      if (!trial.paused && trial.phones[trial.at]) trial.left -= Math.max(0, now - before) / 1000;
      const left = Math.max(0, Math.ceil(trial.left));
      trial.bar.value = trial.timed ? 1 - trial.left / BLOCK : trial.done / ENOUGH;
      say(trial.count, trial.timed ? `${left} s left` : `${trial.done} of ${ENOUGH}`);
      if (trial.timed && trial.left <= 0 && over()) return;
      tick(now);
    });
  }

  function pause() {
    if (!trial?.running) return;
    trial.paused = !trial.paused;
    say(trial.stop, trial.paused ? "Go on" : "Pause");
    if (trial.paused) {
      if (trial.shown) trial.spent += performance.now() - trial.since;
      trial.stage.replaceChildren(make("p", { class: "dl-words", text: "The clock stands. The phone is covered." }));
    } else if (trial.shown) {
      const spent = trial.spent;
      present();
      trial.spent = spent;
    } else present();
    trial.stage.focus();
  }

  function finish() {
    trial.running = false;
    cancelAnimationFrame(trial.ticks);
    clearTimeout(trial.gap);
    body.replaceChildren(make("p", { class: "dl-words", role: "status", text: "Adding up …" }));
    ask({ kind: "sum", state: trial.mapping, trial: trial.seed, answers: trial.answers });
  }

  const KEYS = { f: 0, ArrowLeft: 0, j: 1, ArrowRight: 1 };
  const key = (event) => {
    const name = event.detail.length === 1 ? event.detail.toLowerCase() : event.detail;
    if (!trial?.running) return;
    if (name in KEYS) judge(KEYS[name]);
    else if (name === "p") pause();
    else return;
    event.preventDefault();
  };
  body.addEventListener("dl-key", key);

  function work(me) {
    app.state.set(me ? { me, strategy: "you" } : { me: "", ...(app.state.get("strategy") === "you" ? { strategy: app.state.starts.strategy } : {}) });
  }

  function results(told) {
    const onLine = button("Let me work on the line", () => {
      close();
      work(told.me);
      dialog.closest(".dl-root").scrollIntoView();
    }, { class: "dl-quiet dl-go", disabled: !told.me });
    const heads = ["", "Defects found", "Missed", "Good ones rejected", "A look takes"];
    const table = make("table", { class: "dl-sums" }, make("caption", { class: "dl-hidden", text: "What you said of the phones" }),
      make("thead", {}, make("tr", {}, ...heads.map((text) => make(text ? "th" : "td", text ? { scope: "col", text } : {})))),
      make("tbody", {}, ...told.rows.map((row) => make("tr", {}, make("th", { scope: "row", text: row.say }), ...["hits", "misses", "false_alarms", "time"].map((name) => make("td", { text: row[name] }))))));
    const title = make("h2", { class: "dl-message", tabindex: -1, text: told.title });
    body.replaceChildren(title, ...(told.bells.length ? [bells(told.bells, Math.min(body.clientWidth, 620))] : []), table, ...told.words.map((text) => make("p", { text })),
      make("div", { class: "dl-row" }, onLine, button("Again", () => {
        close();
        open();
      }), button("Close", close)));
    title.focus();
    dialog.scrollTop = 0;
  }

  return {
    node,
    show() {
      begin.hidden = !app.trial || app.state.fixed("me");
      leave.hidden = !app.state.get("me") || app.state.fixed("me");
    },
    hear(told) {
      if (!trial) return;
      if (told.kind === "refused") {
        trial.running = false;
        body.replaceChildren(make("p", { class: "dl-fault", role: "alert", text: told.say }), make("div", { class: "dl-row" }, button("Close", close)));
      } else if (told.kind === "sum") results(told);
      else if (told.first === trial.phones.length) {
        trial.asked = false;
        trial.told = told;
        trial.seed = told.trial;
        trial.phones.push(...told.phones);
        trial.out = told.phones.length === 0; // whoever holds a key down is through with all of them
        if (trial.start) {
          samples(told);
          trial.start = null;
          trial.dealt?.();
        } else if (trial.running && !trial.shown) present();
      }
    },
  };
}

const [BELLS_TALL, BELLS_END] = [92, 5];

// Two bells for what a look at a good and at a bad phone tells, and the border that somebody draws between them.
function bells(all, wide) {
  const across = (z) => wide * (0.5 + z / (2 * BELLS_END));
  const rows = all.map((each, row) => {
    const top = row * (BELLS_TALL + 34) + 22;
    const bell = (middle, name) => {
      const points = [...Array(101).keys()].map((n) => -BELLS_END + n / 10).map((z) => `${across(z).toFixed(1)},${(top + BELLS_TALL * (1 - Math.exp(-((z - middle) ** 2) / 2) * 0.86)).toFixed(1)}`);
      return draw("path", { d: `M${across(-BELLS_END)},${top + BELLS_TALL} L${points.join(" L")} L${across(BELLS_END)},${top + BELLS_TALL} Z`, class: `dl-bell dl-bell-${name}` });
    };
    const border = across(Math.max(-BELLS_END, Math.min(each.criterion, BELLS_END)));
    const word = (at, y, text, anchor = "middle") => draw("text", { x: at, y, "text-anchor": anchor, class: "dl-tick", text });
    return draw("g", {}, word(0, top - 6, `${each.say}: d′ ${each.d_prime.toFixed(1)}`, "start"),
      bell(-each.d_prime / 2, "good"), bell(each.d_prime / 2, "bad"),
      ...(each.low === undefined ? [] : [draw("rect", { x: across(Math.max(each.low, -BELLS_END)), width: Math.max(1, across(Math.min(each.high, BELLS_END)) - across(Math.max(each.low, -BELLS_END))), y: top + 4, height: BELLS_TALL - 4, class: "dl-sure" })]),
      draw("line", { x1: border, x2: border, y1: top, y2: top + BELLS_TALL, class: "dl-criterion" }),
      draw("line", { x1: 0, x2: wide, y1: top + BELLS_TALL, y2: top + BELLS_TALL, class: "dl-ground" }),
      word(border + 5, top + 9, "rejects →", "start"), word(border - 5, top + 9, "← passes", "end"));
  });
  const height = all.length * (BELLS_TALL + 34) + 22;
  const label = all.map((each) => `${each.say}: the bells of good and of defective phones lie ${each.d_prime.toFixed(1)} apart, the border between pass and reject is at ${each.criterion.toFixed(1)}`).join(". ");
  return draw("svg", { viewBox: `0 0 ${wide} ${height}`, class: "dl-bells", role: "img", "aria-label": `${label}.` }, ...rows,
    draw("text", { x: 0, y: height - 6, class: "dl-tick", text: "a look at good phones" }), draw("text", { x: wide, y: height - 6, "text-anchor": "end", class: "dl-tick", text: "at defective phones" }));
}
