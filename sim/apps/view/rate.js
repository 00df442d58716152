// How often a moving picture is drawn: at every frame, or at every second, third or fourth where the machine is too slow.
// A page that asks for more than there is takes it from its own controls, and from who else is at work.

const FRAME = 1000 / 60; // ms
const SLOWEST = 4; // every fourth frame: 15 a second, which still moves
const LATE = 8; // ms that frames may be late on average

export function makeRate() {
  let late = 0;
  let calm = 0; // ms since frames came in time
  let trust = 3000; // ms of calm until a faster rate is tried again: longer after each time that it failed
  const rate = {
    every: 1,
    // How many ms to let pass until a frame is asked for.
    rest: () => (rate.every - 1) * FRAME,
    // A frame came so many ms after the one before. A single late one, as after an answer, changes nothing.
    came(passed) {
      late += 0.05 * (Math.min(passed - rate.every * FRAME, 40) - late);
      calm = late < LATE / 2 ? calm + passed : 0;
      if (late > LATE && rate.every < SLOWEST) change(1);
      else if (calm > trust && rate.every > 1) change(-1);
    },
  };
  function change(by) {
    rate.every += by;
    if (by > 0) trust = Math.min(1.6 * trust, 60000);
    late = 0;
    calm = 0;
  }
  return rate;
}
