// The page: it makes the views, listens to the host, and tells each view what has changed.

import { makeCamera } from "./camera.js";
import { makeClock } from "./clock.js";
import { makeCost } from "./cost.js";
import { make, say } from "./dom.js";
import { makeInspect } from "./inspect.js";
import { guardKeys } from "./keys.js";
import { makeKnobs } from "./knobs.js";
import { makeLane } from "./lane.js";
import { makeLine } from "./line.js";
import { makeLoad } from "./load.js";
import { makeMarks } from "./marks.js";
import { makeMore } from "./more.js";
import { makeHandles, makeLink, makeProse } from "./numbers.js";
import { makeDashboard, makeLatency, makeLeakage, makeTraffic } from "./overtime.js";
import { makeQuestions } from "./questions.js";
import { readReel } from "./reel.js";
import { makeRuns } from "./runs.js";
import { makeSaving } from "./saving.js";
import { makeStand } from "./stand.js";
import { asksForRun, makeState, readAddress, writeAddress } from "./state.js";
import { makeStrategies } from "./strategies.js";
import { putStyle, isDark } from "./theme.js";
import { makeTransport } from "./transport.js";

let serials = 0; // counts moves of all pages, so that no answer is taken for one to another story
const PATIENCE = 4000; // ms until a page that hears nothing says so

// Puts the sandbox into an element. Returns what ends it.
export function mount(element, host) {
  const root = make("div", { class: "dl-root" }, make("p", { class: "dl-words dl-wait", text: "…" }));
  putStyle(element);
  element.append(root);
  const ends = [guardKeys(root)];
  let page = null;
  // Several views of one widget hear the same messages: each answers to its own serials.
  const asked = new Set();
  const view = `view ${(serials += 1)}`;
  const tell = (message) => {
    asked.add(message.serial);
    host.send({ ...message, view });
  };
  const stop = host.listen((message, buffers = []) => {
    if (message.serial !== undefined && !asked.has(message.serial)) return;
    clearTimeout(waiting);
    if (message.kind === "hello") {
      page?.end();
      page = open(root, { ...host, send: tell }, message);
    } else if (page) page.hear(message, buffers);
    else if (message.kind === "refused" || message.kind === "gone") root.replaceChildren(make("p", { class: "dl-fault", role: "alert", text: message.say }));
  });
  if (stop) ends.push(stop);
  const waiting = setTimeout(() => say(root.querySelector(".dl-wait"), host.silent ?? "Nothing has answered yet …"), PATIENCE);
  tell({ kind: "ready", serial: (serials += 1), state: host.url ? readAddress(host.url) : {} });
  return () => {
    clearTimeout(waiting);
    page?.end();
    ends.forEach((end) => end());
    root.remove();
    page?.stand.now(); // last: a host that is gone may fail at it
  };
}

function open(root, host, hello) {
  const { story } = hello;
  const app = {
    id: `dl${Math.random().toString(36).slice(2, 9)}`, story, host, told: null, ghost: null, paint: null, reel: null, focused: -1, charts: [], prose: [], ends: [], root,
    state: makeState(story, hello.state ?? {}, story.shows ? { strategy: story.shows } : {}), clock: makeClock(1), serial: (serials += 1), shown: serials, moved: 0, echoes: [],
    font: getComputedStyle(root).fontFamily, theme: isDark(root) ? "dark" : "light", trial: Boolean(hello.trial),
    look: (owner) => ({ ...owner, ...(app.theme === "dark" ? owner.dark : {}) }),
    colours: () => app.paint[app.theme],
    focus: (i) => (app.clock.play(false), app.camera.look(i)),
  };
  const { state, clock } = app;
  const stand = makeStand(app);
  app.handles = makeHandles(app);
  app.link = makeLink(app, root);
  const line = makeLine(app);
  app.camera = makeCamera(app);
  const [lane, transport, strategies, knobs] = [makeLane(app), makeTransport(app), makeStrategies(app), makeKnobs(app)];
  transport.node.lastChild.before(lane.steps);
  const [leakage, dashboard, traffic, latency, cost] = [makeLeakage(app), makeDashboard(app), makeTraffic(app), makeLatency(app), makeCost(app)];
  const [questions, saving] = [makeQuestions(app), makeSaving(app)];
  let tried = 0; // the serial of what the trial asked last
  const inspect = makeInspect(app, (message) => host.send({ ...message, serial: (tried = serials += 1) }));

  const message = makeProse(app, make("h2", { class: "dl-message" }));
  const status = makeProse(app, make("p", { class: "dl-words", "aria-live": "polite" }));
  const bar = make("progress", { max: 1, value: 0, "aria-label": "Progress" });
  const doing = make("span", { role: "status" });
  const cancel = make("button", { type: "button", class: "dl-quiet", text: "Cancel", on: { click: () => {
    host.send({ kind: "cancel", serial: app.serial });
    progress.hidden = true;
    ended.hidden = false;
    say(ended, app.told ? "Cancelled: the pictures are those of the settings before." : "Cancelled: move a control to begin.");
  } } });
  const progress = make("div", { class: "dl-progress", hidden: true }, bar, doing, cancel);
  const ended = make("p", { class: "dl-words", role: "status", hidden: true });
  const fault = make("p", { class: "dl-fault", role: "alert", hidden: true });
  const notice = makeProse(app, make("p", { class: "dl-notice", "aria-live": "polite" }));
  const about = makeProse(app, make("p", { class: "dl-about" }));
  about.tell(story.about_parts ?? story.about ?? "");
  const quiet = (text, act, part) => make("button", { type: "button", class: "dl-quiet", text, "data-part": part, on: { click: act } });
  const pin = quiet("Pin this run", () => state.set({ pin: state.get("pin") ? "" : state.pinText() }), "pins");
  const reset = quiet("Reset", () => {
    state.reset();
    clock.at(0);
  }, "reset");
  const tries = make("section", { class: "dl-try", "data-part": "try", "aria-label": "Try this" }, make("h3", { text: "Try this" }),
    ...(story.try ?? []).map((each) => make("button", { type: "button", class: "dl-suggestion", text: each.say, on: { click: () => {
      state.attempt(each.set);
      notice.tell(each.notice_parts ?? each.notice ?? "");
      lookAt();
    } } })), notice.node);
  tries.hidden = !(story.try ?? []).length;

  const aim = story.aim ? make("p", { class: "dl-aim" }, make("b", { text: "Aim: " }), story.aim) : null;
  const links = (story.read_next ?? []).map((each) => make("li", {}, each.href ? make("a", { href: each.href, target: "_blank", rel: "noopener", text: each.say }) : each.say));
  const further = links.length ? make("section", { class: "dl-further", "aria-label": "Read next" }, make("h3", { text: "Read next" }), make("ul", {}, ...links)) : null;
  // What the story is about comes first, then the table, then the gap between what is seen and what is true: the rest is a click away.
  const overTime = story.outcome === "latency_p95_s" ? [latency, leakage] : [leakage, latency];
  const pictures = { runs: () => [makeRuns(app), ...overTime], load: () => [makeLoad(app), ...overTime], seen: () => [dashboard, leakage, latency] }[story.picture]?.() ?? overTime;
  const [lead, ...others] = pictures;
  const second = lead === dashboard ? others.shift() : dashboard;
  const timed = [lead, second, ...others, traffic, cost];
  const veiled = make("div", { class: "dl-veil dl-first" }, lead.node, strategies.node);
  lead.node.classList.add("dl-lead");
  lead.leads = lead !== dashboard; // that one's title is a name, and the headline says nothing of it
  const more = makeMore([...others, traffic, cost]);
  const rest = make("div", { class: "dl-grid dl-veil" }, second.node, more, saving.node, ...(further ? [further] : []));
  const marks = makeMarks(app);
  root.replaceChildren(
    make("header", { class: "dl-header" }, make("h1", { text: story.title }), about.node),
    make("div", { class: "dl-body" },
      make("aside", { class: "dl-aside" }, ...(aim ? [aim] : []), knobs.node, make("div", { class: "dl-row" }, reset, pin), inspect.node, tries, marks.node),
      make("main", { class: "dl-main" }, make("div", { class: "dl-saying" }, message.node, progress, ended, fault),
        make("div", { class: "dl-card dl-stagecard" }, transport.node, make("div", { class: "dl-belt" }, line.node, app.camera.pictures), app.camera.node, lane.node, transport.track), questions.node, veiled, rest)),
  );

  // What has been tried is seen: where the chart is not in view it comes there, and where to look is said above it.
  function lookAt() {
    const stacked = tries.getBoundingClientRect().right > veiled.getBoundingClientRect().left;
    if (stacked) veiled.before(notice.node);
    else tries.append(notice.node);
    const goal = questions.open() ? questions.node : stacked ? notice.node : veiled;
    const { top, bottom } = veiled.firstChild.getBoundingClientRect();
    if (top >= 0 && bottom <= window.innerHeight && !stacked) return;
    const bring = () => goal.scrollIntoView({ block: "start", behavior: calm() ? "auto" : "smooth" });
    bring();
    bringing = bring; // a headline of other lines moves it
    setTimeout(() => (bringing = null), 1000);
  }
  let bringing = null;
  const said = make("div", { class: "dl-said" });

  // Pictures are drawn anew for an answer, and where a move shows another side of it: else a key's echo waits for them.
  const DRAWN = ["strategy", "reveal", "pin", "hide"];
  function show(drawn = true) {
    for (const part of root.querySelectorAll("[data-part]")) part.classList.toggle("dl-off", state.hidden(part.dataset.part));
    inspect.show();
    // What the leading chart says stands below the table: there is room, and the picture is the larger for it.
    said.replaceChildren(lead.sentence, status.node);
    (state.hidden("strategies") ? lead : strategies).node.append(said);
    saving.node.hidden = state.hidden("download") && state.hidden("yaml");
    const open = questions.open();
    drawn ||= open !== app.open; // what became of a rollout answers the question
    app.open = open;
    root.classList.toggle("dl-open", open);
    veiled.inert = rest.inert = open;
    knobs.show();
    app.prose.forEach((each) => each.show());
    transport.show();
    questions.show(app.told);
    say(pin, state.get("pin") ? "Unpin" : "Pin this run");
    pin.disabled = state.fixed("pin");
    pin.setAttribute("aria-pressed", state.get("pin") ? "true" : "false");
    if (!app.told) return;
    message.tell(open ? "What do you expect? Say it below, then look." : (app.told.title_parts ?? app.told.title));
    status.tell(open ? "" : (app.told.words_parts ?? app.told.words.replace(`${app.told.title}. `, "")));
    if (!drawn) return;
    strategies.show(app.told);
    lane.show(app.told);
    timed.forEach((chart) => chart.show(app.told));
    marks.show(app.told);
    saving.show();
  }

  // At most one question a frame goes to the host; which answers are too old is seen by their serial.
  let asking = 0;
  let wrong = hello.wrong; // what was refused of the address stands until the first move
  function ask() {
    if (asking) return;
    asking = requestAnimationFrame(() => {
      asking = 0;
      app.serial = serials += 1;
      fault.hidden = !wrong;
      say(fault, wrong ?? "");
      wrong = "";
      ended.hidden = true;
      host.send({ kind: "show", serial: app.serial, state: stand.tells(state.mapping()) });
    });
  }
  // What is shown may be of the move before, or hold old runs beside fresh ones: then the pinned run is asked for.
  let ghostly = 0; // the serial of what was asked of the pin that stands
  function keepPinned() {
    const { told } = app;
    const same = told && told.serial === app.serial && told.done !== false && !asking && state.pinText() === state.get("pin");
    app.ghost = state.get("pin") && same ? told : null;
    if (state.get("pin") && !same) host.send({ kind: "show", serial: (ghostly = serials += 1), state: state.pinned(), ghost: true });
    else ghostly = 0;
  }

  // Once nothing moves, more runs make the intervals narrower. What else is asked for interrupts them: then they go on.
  let refining = 0;
  function refine({ serial, replications, done }) {
    clearTimeout(refining);
    if (done === false || replications >= (hello.refined ?? 10)) return;
    const ask = () => serial === app.serial && host.send({ kind: "refine", serial, seen: replications, state: state.mapping() });
    refining = setTimeout(ask, replications > 1 ? 2500 : 700);
  }
  let fetching = 0;
  function askReel(wait = 150) {
    clearTimeout(fetching);
    line.old(true);
    fetching = setTimeout(() => host.send({ kind: "reel", serial: app.serial, state: state.mapping(), strategy: state.get("strategy") }), wait);
  }

  state.listen((moved) => {
    if (moved.has("clock")) clock.at(Number(state.get("clock")));
    if (moved.has("pin")) keepPinned();
    if (asksForRun(moved)) {
      if (!notice.node.contains(document.activeElement)) notice.tell(""); // whoever moves a number in it still reads it
      ask();
    }
    else if (moved.has("strategy") && app.told) askReel(0);
    show(DRAWN.some((name) => moved.has(name)));
    if (host.url) writeAddress(state, host.url);
    if (app.moved) {
      const began = app.moved;
      app.moved = 0;
      requestAnimationFrame(() => app.echoes.push(performance.now() - began) > 500 && app.echoes.shift());
    }
  });
  // The moment is part of the address, but only where it rests.
  let resting = 0;
  clock.listen(() => {
    clearTimeout(resting);
    if (!clock.playing) resting = setTimeout(() => {
      const t = String(Math.round(clock.t));
      if (state.get("clock") !== t && app.told) {
        state.set({ clock: t });
      }
    }, 400);
  });

  function hear(told, buffers) {
    if (told.kind === "gone") {
      fault.hidden = false;
      say(fault, told.say);
      return;
    }
    if (told.serial === tried && ["deal", "sum", "refused"].includes(told.kind)) {
      inspect.hear(told);
      return;
    }
    if (told.ghost) {
      if (told.kind !== "answer" || told.serial !== ghostly) return;
      app.ghost = told;
      show();
      return;
    }
    // Who holds a key down sees the picture move: an answer need not be to the newest move, only newer than what is shown.
    if (told.serial < (told.kind === "answer" ? app.shown : app.serial)) return;
    if (told.kind === "answer") {
      const first = !app.told;
      app.told = told;
      app.shown = told.serial;
      app.paint = told.paint;
      if (clock.horizon !== told.world.horizon_s) clock.reaches(told.world.horizon_s);
      // A first part may hold only those that have run by now.
      if (told.done !== false && !told.strategies.some((each) => each.name === state.get("strategy"))) {
        state.starts.strategy = told.strategies[0].name;
        state.set({ strategy: told.strategies[0].name });
      }
      paintRoot();
      progress.hidden = true;
      if (first) begin();
      show();
      if (told.serial !== app.serial) return;
      bringing?.();
      refine(told);
      const mine = told.strategies.find((each) => each.name === state.get("strategy"));
      if (mine && mine.fresh !== false && (app.asked !== app.serial || first)) {
        app.asked = app.serial;
        askReel(first ? 0 : 150);
      }
    } else if (told.kind === "reel") {
      if (told.strategy !== state.get("strategy")) return;
      app.reel = readReel(told, buffers[0]);
      line.show(app.reel);
      app.camera.show(app.reel);
    } else if (told.kind === "progress") {
      progress.hidden = false;
      say(doing, told.say);
      if (typeof told.share === "number") bar.value = told.share;
      else bar.removeAttribute("value");
    } else if (told.kind === "refused" && told.reel) {
      line.refuse(told.say);
    } else if (told.kind === "refused") {
      progress.hidden = true;
      if (saving.refused(told.say)) return;
      fault.hidden = false;
      say(fault, told.say);
    } else if (told.kind === "yaml") saving.yaml(told.text);
  }

  function begin() {
    const speed = clock.horizon / 200;
    clock.speed = [10, 60, 300, 600, 1800, 3600, 10800].find((each) => each >= speed) ?? 10800;
    const wanted = Number(state.get("play"));
    transport.setSpeed(wanted || clock.speed);
    clock.at(Number(state.get("clock")) || 0);
    clock.fixed = state.fixed("clock");
    if (state.get("pin") && !app.ghost && !ghostly) keepPinned();
    if (!calm() && (wanted || !state.get("clock").match(/[1-9]/))) clock.play(true);
  }

  function paintRoot() {
    app.theme = isDark(root) ? "dark" : "light";
    root.dataset.theme = app.theme;
    for (const [name, colour] of Object.entries(app.colours())) root.style.setProperty(`--${name.toLowerCase()}`, colour);
    app.colours = () => ({ ...app.paint[app.theme], model: (station) => app.look(station).colour });
  }
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const repaint = () => {
    if (!app.told) return;
    paintRoot();
    show();
    clock.touch();
  };
  dark.addEventListener("change", repaint);
  const lab = new MutationObserver(repaint);
  lab.observe(document.body, { attributeFilter: ["data-jp-theme-light"] });
  app.ends.push(() => lab.disconnect(), () => dark.removeEventListener("change", repaint), () => clock.stop(), () => clearTimeout(fetching), () => clearTimeout(resting), () => clearTimeout(refining));
  root.driftline = app; // for tests, and for the curious
  app.line = line;
  app.again = show;
  show();
  ask();
  return { hear, stand, end: () => app.ends.forEach((end) => end()) };
}

const calm = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

// For Jupyter: anywidget calls it with its model.
function render({ model, el }) {
  const host = {
    url: false,
    silent: "No kernel answers. Run this cell to play with it.",
    send: (message) => model.send(message),
    listen(callback) {
      const hear = (message, buffers) => callback(message, buffers);
      const gone = () => callback({ kind: "gone", say: "The notebook’s kernel was started anew. Run this cell again to go on." });
      model.on("msg:custom", hear);
      model.on("comm_live_update", gone);
      return () => {
        model.off("msg:custom", hear);
        model.off("comm_live_update", gone);
      };
    },
  };
  return mount(el, host);
}

export default { render };
