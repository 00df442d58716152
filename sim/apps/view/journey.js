// Where each phone is at a moment: on the belt, on its way, waiting, being looked at, or leaving.

import { lastUpTo } from "./dom.js";
import { around, between, queuePlace, queueRoom, serverPlace } from "./scene.js";

const MIRROR = 3;

// Ways take the same time on the screen at every speed, so in simulated time they take longer at higher ones.
export const waysAt = (speed) => ({ belt: 1.5 * speed, hop: 0.5 * speed, leave: 0.9 * speed });

export function phonesAt(reel, scene, t, speed) {
  const ways = waysAt(speed);
  const first = lastUpTo(reel.allDone, t - ways.leave - 2 * ways.hop - 1e-9) + 1;
  const last = lastUpTo(reel.due, t + ways.belt + ways.hop);
  const waiting = scene.stations.map(() => []);
  const found = [];
  let held = 0;
  let stopped = 0;
  for (let i = first; i <= last; i++) {
    const phone = placeOf(reel, scene, ways, i, t, waiting);
    if (phone === "held") {
      found.push({ i, x: scene.x.router - (scene.phone.w + 3) * (held + 1), y: scene.belt, told: -1 });
      held += 1;
    } else if (phone?.comes) {
      // Who comes up to a line that stands stops at its end.
      const end = scene.x.router - (scene.phone.w + 3) * (held + stopped + 1);
      if (held && phone.x > end) stopped += 1;
      found.push(held && phone.x > end ? { ...phone, x: end } : phone);
    } else if (phone) found.push(phone);
    for (let v = reel.visit[i]; v < reel.visit[i + 1]; v++) {
      if (reel.kind[v] === MIRROR) {
        const ghost = ghostOf(reel, scene, ways, i, v, t);
        if (ghost) found.push(ghost);
      }
    }
  }
  const more = waiting.map((queue, number) => standInLine(scene, number, queue, found));
  return { found, queues: waiting.map((queue) => queue.length), more, held };
}

function standInLine(scene, number, queue, found) {
  const station = scene.stations[number];
  if (!station || !queue.length) return 0;
  queue.sort((one, other) => one.start - other.start);
  const room = queueRoom(scene, station);
  queue.slice(0, room).forEach((phone, place) => found.push({ ...phone, ...queuePlace(scene, station, place) }));
  return Math.max(queue.length - room, 0);
}

function placeOf(reel, scene, ways, i, t, waiting) {
  const due = reel.due[i];
  const router = { x: scene.x.router, y: scene.belt };
  if (t < due - ways.hop) {
    const share = (t - (due - ways.hop - ways.belt)) / ways.belt;
    return share < 0 ? null : { i, ...between({ x: -12, y: scene.belt }, router, share), told: -1, comes: true };
  }
  const held = reel.held[i];
  if (Number.isNaN(held) || (held > 0 && t < reel.release[i])) return "held";
  const out = Number.isNaN(reel.done[i]) ? Infinity : reel.done[i];
  let here = router;
  let ready = held > 0 ? reel.release[i] : due - ways.hop;
  let told = -1;
  for (let v = reel.visit[i]; v < reel.visit[i + 1]; v++) {
    if (reel.kind[v] === MIRROR) continue;
    const station = scene.stations[reel.station[v]];
    if (!station) continue;
    const arrive = Math.max(reel.enter[v], ready + ways.hop);
    const goal = reel.waits[v] > ways.hop ? queuePlace(scene, station, 0) : serverPlace(station, reel.server[v]);
    if (t < arrive) return { i, ...(here === router ? between : around)(here, goal, 1 - (arrive - t) / ways.hop), told };
    const start = reel.start[v];
    if (Number.isNaN(start) || t < start) {
      const left = Number.isNaN(reel.end[v]) ? Infinity : reel.end[v];
      if (t < left) {
        waiting[reel.station[v]].push({ i, told, start: Number.isNaN(start) ? Infinity : start });
        return null;
      }
    }
    const end = Number.isNaN(reel.end[v]) ? (Number.isNaN(start) ? arrive : Infinity) : Math.max(reel.end[v], arrive);
    here = serverPlace(station, reel.server[v]);
    if (t < end) return { i, ...here, told, looked: true };
    told = reel.said[v];
    ready = end;
  }
  if (out === Infinity) return null;
  const from = Math.max(out, ready);
  const share = (t - from) / ways.leave;
  if (share >= 1) return null;
  const goal = reel.verdict[i] === 1 ? scene.rejected : scene.shipped;
  return { i, ...between(here, goal, share), told: reel.verdict[i], leaves: share };
}

// A mirrored look decides nothing: it is drawn as a shadow of the phone, and fades when the look is over.
function ghostOf(reel, scene, ways, i, v, t) {
  const station = scene.stations[reel.station[v]];
  if (!station) return null;
  const arrive = reel.enter[v];
  const end = (Number.isNaN(reel.end[v]) ? arrive : reel.end[v]) + 0.6 * ways.hop;
  if (t < arrive - ways.hop || t > end) return null;
  const goal = serverPlace(station, reel.server[v]);
  const share = 1 - (arrive - t) / ways.hop;
  const place = between({ x: scene.x.router, y: scene.belt }, goal, share);
  const fades = t > arrive ? 1 - (t - arrive) / Math.max(end - arrive, 1e-9) : 1;
  return { i, ...place, ghost: true, fades, told: t >= reel.end[v] ? reel.said[v] : -1 };
}
