// A reel's columns as typed arrays, with what the line asks of them in every frame already added up.

import { lastUpTo } from "./dom.js";

const TYPES = { u1: Uint8Array, u2: Uint16Array, u4: Uint32Array };

export function readReel(message, given) {
  const view = given instanceof ArrayBuffer ? new Uint8Array(given) : new Uint8Array(given.buffer, given.byteOffset, given.byteLength);
  const bytes = view.byteOffset % 8 ? view.slice() : view;
  const columns = {};
  for (const { name, type, scale, offset, length } of message.columns) {
    const raw = new TYPES[type](bytes.buffer, bytes.byteOffset + offset, length);
    const none = 2 ** (8 * raw.BYTES_PER_ELEMENT) - 1;
    columns[name] = Float64Array.from(raw, (value) => (value === none ? NaN : value * scale));
  }
  return withMoments({ ...message, ...columns });
}

function withMoments(reel) {
  const phones = reel.due.length;
  reel.phones = phones;
  reel.release = reel.due.map((due, i) => due + reel.held[i]);
  reel.done = reel.due.map((due, i) => due + reel.takes[i]);
  reel.visit = new Uint32Array(phones + 1);
  for (let i = 0; i < phones; i++) reel.visit[i + 1] = reel.visit[i] + reel.visits[i];
  const looks = reel.station.length;
  reel.enter = new Float64Array(looks);
  for (let i = 0; i < phones; i++) {
    for (let v = reel.visit[i]; v < reel.visit[i + 1]; v++) reel.enter[v] = reel.release[i] + reel.asked[v];
  }
  reel.start = reel.enter.map((enter, v) => enter + reel.waits[v]);
  reel.end = reel.start.map((start, v) => start + reel.looks[v]);
  // Up to which phone all are done by a moment: rises, so that it can be searched.
  reel.allDone = new Float64Array(phones);
  let latest = 0;
  for (let i = 0; i < phones; i++) {
    let last = Number.isNaN(reel.done[i]) ? Infinity : reel.done[i];
    for (let v = reel.visit[i]; v < reel.visit[i + 1]; v++) last = Math.max(last, reel.end[v] || 0);
    latest = Math.max(latest, last);
    reel.allDone[i] = latest;
  }
  reel.tallies = tallies(reel);
  reel.routesFrom = reel.routes.map((route) => route.at_s);
  reel.firstFlaw = new Uint32Array(phones + 1);
  for (const phone of reel.flawed) reel.firstFlaw[phone + 1] += 1;
  for (let i = 0; i < phones; i++) reel.firstFlaw[i + 1] += reel.firstFlaw[i];
  reel.used = reel.stations.map((_, number) => number === reel.stations.length - 1);
  for (const station of reel.station) reel.used[station] = true;
  return reel;
}

// How many phones have shipped, been rejected, escaped ... by each verdict, in order of time.
function tallies(reel) {
  const order = [...reel.done.keys()].filter((i) => !Number.isNaN(reel.done[i])).sort((a, b) => reel.done[a] - reel.done[b]);
  // What an audit finds and takes back has not shipped, whatever its verdict was.
  const names = { shipped: (i) => reel.verdict[i] === 0 && !reel.contained[i], rejected: (i) => reel.verdict[i] === 1 || reel.contained[i] === 1 };
  names.escaped = (i) => names.shipped(i) && reel.defective[i] === 1;
  names.overkilled = (i) => names.rejected(i) && reel.defective[i] === 0;
  names.defective = (i) => reel.defective[i] === 1;
  const told = { at: Float64Array.from(order, (i) => reel.done[i]) };
  for (const [name, counts] of Object.entries(names)) {
    let sum = 0;
    told[name] = Uint32Array.from(order, (i) => (sum += counts(i) ? 1 : 0));
  }
  return told;
}

export function tally(reel, name, t) {
  const last = lastUpTo(reel.tallies.at, t);
  return last < 0 ? 0 : reel.tallies[name][last];
}

export function routeAt(reel, t) {
  const last = lastUpTo(reel.routesFrom, t);
  return reel.routes[Math.max(last, 0)];
}

// Whether a person is on duty, and how many people are: without a calendar always, and all.
export const isOn = (station, server, t) => !station.duty_s || station.duty_s[server].some(([from, until]) => from <= t && t < until);

export const onDuty = (station, t) => (station.duty_s ? station.duty_s.filter((_, server) => isOn(station, server, t)).length : station.servers);

export function isDown(station, t) {
  return (station.outages_s ?? []).find(([from, until]) => from <= t && t < until);
}

// A step function's value: `edges` are one more than values, or one value holds for ever.
export function valueAt(edges, values, t) {
  if (!values || !values.length) return null;
  if (values.length === 1) return values[0];
  return values[Math.max(0, Math.min(lastUpTo(edges, t), values.length - 1))];
}
