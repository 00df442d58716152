// Elements by one call, and the few number texts that move with the clock.

export function make(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  dress(node, props);
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

export function draw(tag, props = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  dress(node, props);
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

function dress(node, props) {
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") for (const [event, act] of Object.entries(value)) node.addEventListener(event, act);
    else if (name === "text") node.textContent = value;
    else if (name === "style") for (const [key, each] of Object.entries(value)) node.style.setProperty(key, each);
    else if (name === "value") node.value = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
}

// Writes text only where it changed: a live region is read out when it is written to.
export function say(node, text) {
  const told = tied(text);
  if (node.textContent !== told) node.textContent = told;
}

// A number and its unit stay on one line.
const tied = (text) => text.replace(/(\d) (?=(?:%|ms|s|min|h|d|pt)(?![\p{L}\d]))/gu, "$1\u00a0");

const two = (number) => String(Math.floor(number)).padStart(2, "0");

export function clockText(seconds, horizon) {
  const s = Math.max(0, Math.min(seconds, horizon));
  const time = `${two((s / 3600) % 24)}:${two((s / 60) % 60)}`;
  return horizon > 36 * 3600 ? `day ${Math.floor(s / 86400) + 1} ${time}` : `${Math.floor(s / 3600)}:${two((s / 60) % 60)} h`;
}

export function count(number) {
  return number.toLocaleString("en-US");
}

export function percent(share) {
  return share === 0 || share >= 0.0995 ? `${Math.round(100 * share)} %` : `${(100 * share).toFixed(1)} %`;
}

export function fill(template, values) {
  return template.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

// The number of the last element that is not larger: -1 where there is none.
export function lastUpTo(rising, value, end = rising.length) {
  let low = 0;
  let high = end;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rising[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
