// Signs on buttons, drawn: a font may not have them.

import { draw } from "./dom.js";

const PATHS = {
  play: "M5 3.2L13 8L5 12.8Z",
  pause: "M4 3h3v10H4ZM9 3h3v10H9Z",
  back: "M3.4 3h1.9v10H3.4ZM13 3.2V12.8L6.2 8Z",
  next: "M10.7 3h1.9v10h-1.9ZM3 3.2V12.8L9.8 8Z",
  dice: "M3.5 2h9A1.5 1.5 0 0 1 14 3.5v9a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 2 12.5v-9A1.5 1.5 0 0 1 3.5 2ZM5.2 4a1.2 1.2 0 1 0 .01 0ZM10.8 4a1.2 1.2 0 1 0 .01 0ZM8 6.8a1.2 1.2 0 1 0 .01 0ZM5.2 9.6a1.2 1.2 0 1 0 .01 0ZM10.8 9.6a1.2 1.2 0 1 0 .01 0Z",
  left: "M10 3L5 8L10 13",
  right: "M6 3L11 8L6 13",
};

export function icon(name) {
  const open = name === "left" || name === "right";
  return draw("svg", { viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true", class: "dl-icon" },
    draw("path", { d: PATHS[name], "fill-rule": "evenodd", ...(open ? { fill: "none", stroke: "currentColor", "stroke-width": 2 } : { fill: "currentColor" }) }));
}

export function setIcon(button, name) {
  if (button.dataset.icon === name) return;
  button.dataset.icon = name;
  button.replaceChildren(icon(name));
}
