// Where things stand in the picture of the line, for a size of it.

export function sceneOf(reel, width, height) {
  const narrow = width < 560;
  const phone = narrow ? { w: 7, h: 12 } : { w: 11, h: 19 };
  const top = narrow ? 62 : 34; // what is written above the stations and above the exit are one over the other where it is narrow
  const bottom = height - (narrow ? 30 : 24);
  const rows = reel.stations.map((station, number) => ({ station, number })).filter(({ number }) => reel.used[number]);
  const x = {
    router: width * (narrow ? 0.2 : 0.25),
    server: width * (narrow ? 0.56 : 0.55),
    exit: width * (narrow ? 0.8 : 0.82),
    right: width - (narrow ? 8 : 16),
  };
  const tall = (bottom - top) / Math.max(rows.length, 1);
  const stations = new Array(reel.stations.length).fill(null);
  rows.forEach(({ station, number }, row) => {
    const shown = Math.min(station.places ? 1 + Math.max(...station.places) : station.servers, 6);
    stations[number] = {
      ...station,
      shown,
      x: x.server,
      y: top + (row + 0.5) * tall + (rows.length > 1 ? 8 : 0), // its name stands above it
      half: Math.min(0.5 * tall - (rows.length > 1 ? 12 : 5), narrow ? 64 : 8 + 15 * Math.max(shown, 1)),
      gap: Math.min(26, (tall - 28) / Math.max(shown, 1)),
    };
  });
  const belt = (top + bottom) / 2;
  return {
    width, height, narrow, phone, x, stations, belt, top, bottom,
    shipped: { x: x.right, y: top + 0.34 * (bottom - top) },
    rejected: { x: x.right, y: bottom - 0.24 * (bottom - top) },
    fork: x.exit,
  };
}

export function serverPlace(station, server) {
  const slot = (station.places?.[server] ?? Math.max(0, server)) % Math.max(station.shown, 1);
  return { x: station.x + 17, y: station.y + (slot - (station.shown - 1) / 2) * station.gap };
}

// Waiting phones stand in rows before the servers: the next one is nearest.
export const QUEUE_ROWS = 3;

export function queuePlace(scene, station, number) {
  const { w, h } = scene.phone;
  const column = Math.floor(number / QUEUE_ROWS);
  const row = number % QUEUE_ROWS;
  return { x: station.x - 12 - column * (w + 3), y: station.y + (row - (QUEUE_ROWS - 1) / 2) * (h + 3) };
}

export function queueRoom(scene, station) {
  const columns = Math.floor((station.x - 24 - scene.x.router - (scene.narrow ? 14 : 44)) / (scene.phone.w + 3));
  return Math.max(columns, 2) * QUEUE_ROWS;
}

const ease = (share) => share * share * (3 - 2 * share);

// A point of the way from one place to another: level at both ends.
export function between(from, to, share) {
  const s = Math.max(0, Math.min(share, 1));
  return { x: from.x + (to.x - from.x) * s, y: from.y + (to.y - from.y) * ease(s) };
}

// From a station to the next one, past the names above them.
export function around(from, to, share) {
  const { x, y } = between(from, to, share);
  return { x: x - 34 * Math.sin(Math.PI * Math.max(0, Math.min(share, 1))), y };
}
