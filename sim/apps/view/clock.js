// One clock for all views: simulated seconds. It asks for frames only while something moves.

import { makeRate } from "./rate.js";

export const SPEEDS = [
  [10, "10 s"], [60, "1 min"], [300, "5 min"], [600, "10 min"], [1800, "30 min"], [3600, "1 h"], [10800, "3 h"],
];

export function makeClock(horizon) {
  const listeners = [];
  let wanted = 0;
  let resting = 0;
  let before = null;
  const rate = makeRate();
  const clock = {
    horizon,
    t: 0,
    hover: null, // what the pointer rests on, in any view
    playing: false,
    fixed: false, // whether a teacher lets nobody move it
    speed: (SPEEDS.find(([speed]) => horizon / speed <= 200) ?? SPEEDS.at(-1))[0],
    frames: 0,
    slowest: 0,
    listen: (act) => listeners.push(act),
    at(t) {
      if (clock.fixed) return;
      clock.t = Math.max(0, Math.min(t, clock.horizon));
      clock.touch();
    },
    // Another answer may be of a shorter day: no clock is beyond its end.
    reaches(horizon) {
      clock.horizon = horizon;
      clock.t = Math.min(clock.t, horizon);
      clock.hover = null;
      clock.touch();
    },
    play(on = !clock.playing) {
      if (on && clock.fixed) return;
      clock.playing = on;
      before = null;
      if (on && clock.t >= clock.horizon) clock.t = 0;
      clock.touch();
    },
    point(t) {
      if (clock.hover === t) return;
      clock.hover = t;
      clock.touch();
    },
    touch() {
      if (!wanted) wanted = requestAnimationFrame(tick);
    },
    rate,
    stop() {
      cancelAnimationFrame(wanted);
      clearTimeout(resting);
      wanted = 0;
      clock.playing = false;
    },
  };
  function tick(now) {
    wanted = 0;
    clearTimeout(resting);
    if (clock.playing) {
      // After a hidden tab, or a long task, it goes on from where it was.
      const passed = before === null ? 0 : Math.min(now - before, 100);
      if (before !== null) {
        clock.frames += 1;
        clock.slowest = Math.max(clock.slowest, now - before);
        rate.came(now - before);
      }
      before = now;
      clock.t = Math.min(clock.t + (passed / 1000) * clock.speed, clock.horizon);
      if (clock.t >= clock.horizon) clock.playing = false;
    }
    for (const listen of listeners) listen(clock, now);
    if (!clock.playing) return;
    if (rate.every === 1) clock.touch();
    else resting = setTimeout(clock.touch, rate.rest() - 4);
  }
  return clock;
}
