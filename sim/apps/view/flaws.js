// Drawn phones: the back of one, and each kind of flaw where and as large as this phone has it.

import { draw } from "./dom.js";

// Repeatable places: the same phone has its flaws at the same spot in every view.
function chance(phone, salt) {
  let x = Math.imul(phone + 1, 0x9e3779b1) ^ Math.imul(salt + 1, 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d);
  x ^= x >>> 12;
  return (x >>> 0) / 2 ** 32;
}

const WIDE = 120;
const TALL = 236;

const spot = (phone, kind, number) => [26 + 68 * chance(phone, 2 * number + 31 * kind), 72 + 136 * chance(phone, 2 * number + 1 + 31 * kind)];

// Where on a phone one of its flaws is, in words.
export function whereOf(phone, kind, flaws) {
  const [x, y] = spot(phone, kind, flaws.findIndex((each) => each.kind === kind));
  return `${y < 140 ? "in the middle" : "below"}, ${x < 60 ? "left" : "right"}`;
}

export function drawPhone(phone, flaws, kinds, finish) {
  const body = draw("g", {});
  body.append(
    draw("rect", { x: 0, y: 0, width: WIDE, height: TALL, rx: 20, fill: finish ? "#5d6670" : "#39424d" }),
    draw("rect", { x: 3, y: 3, width: WIDE - 6, height: TALL - 6, rx: 17, fill: finish ? "#8d97a1" : "#55616f" }),
    draw("path", { d: `M3 ${TALL * 0.62} L${WIDE - 3} ${TALL * 0.2} V20 a17 17 0 0 0 -17 -17 H20 a17 17 0 0 0 -17 17 Z`, fill: "#ffffff", opacity: finish ? 0.04 : 0.08 }),
    draw("rect", { x: 12, y: 12, width: 42, height: 42, rx: 12, fill: "#2b323b" }),
    draw("circle", { cx: 25, cy: 25, r: 7.5, fill: "#11151a" }),
    draw("circle", { cx: 41, cy: 41, r: 7.5, fill: "#11151a" }),
    draw("circle", { cx: 23, cy: 23, r: 2, fill: "#7f8b99" }),
    draw("circle", { cx: 39, cy: 39, r: 2, fill: "#7f8b99" }),
    draw("circle", { cx: 42, cy: 24, r: 2.6, fill: "#f2e7b5" }),
  );
  const onIt = draw("svg", { width: WIDE, height: TALL, "aria-hidden": "true", style: { overflow: "hidden" } }); // a long scratch ends with the phone
  flaws.forEach(({ kind, severity }, number) => {
    const name = kinds[kind];
    const [x, y] = spot(phone, kind, number);
    const turn = 360 * chance(phone, 97 + kind);
    const size = Math.max(0.25, Math.min(severity, 3.2));
    onIt.append(flaw(name, x, y, turn, size, phone));
  });
  body.append(onIt);
  return body;
}

function flaw(name, x, y, turn, size, phone) {
  const at = (...parts) => draw("g", { transform: `translate(${x} ${y}) rotate(${turn})` }, ...parts);
  if (name === "scratch") {
    const long = 16 + 15 * size;
    const d = `M${-long} 0 Q0 ${4 + 2 * size} ${long} -2`;
    return at(draw("path", { d, fill: "none", stroke: "#dfe6ee", "stroke-width": 0.7 + 0.6 * size, "stroke-linecap": "round" }));
  }
  if (name === "dent") {
    return at(
      draw("ellipse", { rx: 7 + 4 * size, ry: 5 + 3 * size, fill: "#252c34", opacity: 0.75 }),
      draw("ellipse", { cx: 1.5, cy: 1.5, rx: 5 + 3.4 * size, ry: 3.4 + 2.4 * size, fill: "#9aa6b3", opacity: 0.5 }),
    );
  }
  if (name === "dust") {
    const grains = [...Array(Math.round(5 + 5 * size)).keys()].map((n) =>
      draw("circle", { cx: (chance(phone, 200 + n) - 0.5) * 34, cy: (chance(phone, 300 + n) - 0.5) * 34, r: 0.7 + 0.5 * size * chance(phone, 400 + n), fill: "#f4f1e6" }),
    );
    return at(...grains);
  }
  if (name === "gap") {
    return draw("rect", { x: WIDE - 5, y: y - 14 - 8 * size, width: 1 + 1.3 * size, height: 28 + 16 * size, rx: 1, fill: "#0b0d10" });
  }
  if (name === "colour") {
    return at(draw("ellipse", { rx: 15 + 6 * size, ry: 11 + 5 * size, fill: "#a07d4a", opacity: Math.min(0.18 + 0.14 * size, 0.6) }));
  }
  if (name === "pixel") {
    const s = 2 + 1.2 * size;
    return draw("rect", { x, y, width: s, height: s, fill: "#e6f7ff" });
  }
  if (name === "stain") {
    const r = 8 + 4 * size;
    return at(draw("path", { d: `M${-r} 0 C${-r} ${-r} ${r * 0.4} ${-r * 1.2} ${r * 0.9} ${-r * 0.2} S${r * 0.5} ${r} ${-r * 0.2} ${r * 0.8} S${-r} ${r * 0.6} ${-r} 0Z`, fill: "#1e2a22", opacity: Math.min(0.3 + 0.16 * size, 0.8) }));
  }
  const arms = [0, 70, 150, 215, 290].map((angle, n) => {
    const long = (8 + 9 * size) * (0.6 + 0.6 * chance(phone, 500 + n));
    const [dx, dy] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)];
    return `M0 0 L${dx * long * 0.5 + 2} ${dy * long * 0.5 - 1} L${dx * long} ${dy * long}`;
  });
  return at(draw("path", { d: arms.join(" "), fill: "none", stroke: "#eef3f8", "stroke-width": 0.8 + 0.35 * size }));
}
