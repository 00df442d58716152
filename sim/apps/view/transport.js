// Play, step, speed, scrub: the one clock's buttons.

import { LEFT, rightOf } from "./charts.js";
import { SPEEDS } from "./clock.js";
import { clockText, lastUpTo, make, say } from "./dom.js";
import { icon, setIcon } from "./icons.js";

export function makeTransport(app) {
  const { clock } = app;
  const play = make("button", { type: "button", class: "dl-button dl-play", "aria-label": "Play" }, icon("play"));
  const back = make("button", { type: "button", class: "dl-button", "aria-label": "Step back one phone" }, icon("back"));
  const next = make("button", { type: "button", class: "dl-button", "aria-label": "Step on one phone" }, icon("next"));
  const speed = make("select", { class: "dl-select", "aria-label": "Speed: simulated time in a second" },
    ...SPEEDS.map(([seconds, text]) => make("option", { value: seconds, text: `${text} a second` })));
  const time = make("output", { class: "dl-clock", "aria-live": "off" });
  const scrub = make("input", { type: "range", class: "dl-range dl-scrub", min: 0, max: 1000, step: "any", "aria-label": "Time" });
  const truth = make("input", { type: "checkbox", id: `${app.id}-truth` });
  const reveal = make("label", { class: "dl-check", "data-part": "truth", for: `${app.id}-truth` }, truth, "Reveal the truth");
  const track = make("div", { class: "dl-track" }, scrub);
  const node = make("div", { class: "dl-transport", "data-part": "clock" }, play, back, next, speed, time, reveal);
  const state = app.state;
  let wide = 1000; // pixels of the track
  // The address says how fast it plays, if somebody has asked for it.
  const told = () => state.set({ play: clock.playing ? String(clock.speed) : "" });
  play.addEventListener("click", () => {
    clock.play();
    told();
  });
  speed.addEventListener("change", () => {
    setSpeed(Number(speed.value));
    if (clock.playing) told();
    clock.touch();
  });
  function setSpeed(seconds) {
    clock.speed = seconds;
    if (![...speed.options].some((each) => each.value === String(seconds))) speed.append(make("option", { value: seconds, text: `${seconds} s a second` }));
    speed.value = String(seconds);
  }
  setSpeed(clock.speed);
  back.addEventListener("click", () => step(-1));
  next.addEventListener("click", () => step(1));
  scrub.addEventListener("input", () => clock.at((Number(scrub.value) / 1000) * clock.horizon));
  // Arrow keys go by a two-hundredth, Page keys by a twentieth: `any` would make both as small as can be.
  scrub.addEventListener("dl-key", (event) => {
    const by = { ArrowRight: 5, ArrowUp: 5, ArrowLeft: -5, ArrowDown: -5, PageUp: 50, PageDown: -50 }[event.detail];
    if (!by) return;
    event.preventDefault();
    clock.at(clock.t + (by / 1000) * clock.horizon);
  });
  truth.addEventListener("change", () => state.set({ reveal: truth.checked ? "1" : "" }));

  function step(by) {
    clock.play(false);
    told();
    const { reel } = app;
    if (!reel) return clock.at(clock.t + by * clock.speed);
    const last = lastUpTo(reel.due, clock.t + 1e-6);
    const i = Math.max(0, Math.min(last + by, reel.phones - 1));
    app.camera.look(i);
    return clock.at(reel.due[i] + 1e-3);
  }

  clock.listen(() => {
    setIcon(play, clock.playing ? "pause" : "play");
    play.setAttribute("aria-label", clock.playing ? "Pause" : "Play");
    back.disabled = next.disabled = clock.playing || clock.fixed;
    play.disabled = clock.fixed || state.fixed("play");
    speed.disabled = state.fixed("play");
    scrub.disabled = clock.fixed;
    if (!clock.playing && clock.t >= clock.horizon) told();
    const text = clockText(clock.t, clock.horizon);
    say(time, text);
    const at = (1000 * clock.t) / clock.horizon;
    // Only by what can be seen of its track: it is laid out and painted anew.
    if (clock.playing && clock.t < clock.horizon && Math.abs(at - Number(scrub.value)) * wide < 500) return;
    scrub.value = String(at);
    if (scrub.getAttribute("aria-valuetext") !== text) scrub.setAttribute("aria-valuetext", text);
  });
  const fit = () => {
    const { width } = track.getBoundingClientRect();
    wide = width;
    track.style.setProperty("--left", `${LEFT}px`);
    track.style.setProperty("--right", `${rightOf(width)}px`);
  };
  const watch = new ResizeObserver(fit);
  watch.observe(track);
  app.ends.push(() => watch.disconnect());
  const show = () => {
    truth.checked = state.get("reveal") === "1";
    truth.disabled = state.fixed("reveal");
  };
  return { node, track, setSpeed, show };
}
