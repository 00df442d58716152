// What a visitor takes along: figures as SVG or PNG, numbers as CSV, the scenario as YAML.

import { make, say } from "./dom.js";
import { isFolded, unfold } from "./more.js";

function keep(name, content, type) {
  const place = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  const link = make("a", { href: place, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(place), 1000);
}

// A picture on its own: what the page's style says of it is written into it.
export function wholeSvg(chart, app) {
  const { width, height } = chart.size;
  const copy = chart.svg.cloneNode(true);
  const originals = [chart.svg, ...chart.svg.querySelectorAll("*")];
  [copy, ...copy.querySelectorAll("*")].forEach((node, n) => {
    const style = getComputedStyle(originals[n]);
    for (const name of ["fill", "stroke", "stroke-width", "stroke-dasharray", "opacity", "display"]) node.style.setProperty(name, style.getPropertyValue(name));
    if (node.tagName === "text") for (const name of ["font-family", "font-size", "font-weight"]) node.style.setProperty(name, style.getPropertyValue(name));
  });
  copy.querySelectorAll(".dl-cursor, .dl-chip").forEach((node) => node.remove());
  const { ground, ink } = app.colours();
  const head = `<rect width="100%" height="100%" fill="${ground}"/><text x="12" y="24" font-family="sans-serif" font-size="15" font-weight="600" fill="${ink}">${escapeText(chart.node.getAttribute("aria-label") ?? "")}</text>`;
  copy.setAttribute("y", "40");
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height + 44}">${head}${new XMLSerializer().serializeToString(copy)}</svg>`;
}

const escapeText = (text) => text.replace(/[&<>]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[sign]);

function png(svg, act) {
  const image = new Image();
  image.onload = () => {
    const canvas = make("canvas", { width: 2 * image.width, height: 2 * image.height });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob(act, "image/png");
  };
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
}

export function csvOf(told) {
  const lines = [["strategy", "metric", "from_s", "until_s", "value", "low", "high", "more_than"]];
  for (const { name, measures, time } of told.strategies) {
    for (const [metric, { value, low, high, more_than }] of Object.entries(measures)) lines.push([name, metric, 0, told.world.horizon_s, value, low, high, Boolean(more_than)]);
    time.leakage.forEach((value, n) => lines.push([name, "leakage", time.steps_s[n], time.steps_s[n + 1], value, time.low[n], time.high[n]]));
    time.p95_s.forEach((value, n) => lines.push([name, "latency_p95_s", time.edges_s[n], time.edges_s[n + 1], value, null, null]));
  }
  const cell = (value) => (value === null || value === undefined ? "" : /[",\n]/.test(value) ? `"${String(value).replaceAll('"', '""')}"` : value);
  return `${lines.map((line) => line.map(cell).join(",")).join("\n")}\n`;
}

export function makeSaving(app) {
  const name = (end) => `driftline-${app.story.name ?? "run"}.${end}`;
  const shown = () => {
    const chart = app.charts.find((each) => each.name === figure.value);
    unfold(chart);
    return chart;
  };
  const load = (text) => app.host.send({ kind: "load", serial: app.serial, text });
  const figure = make("select", { class: "dl-select", "aria-label": "Which figure" });
  const button = (text, act) => make("button", { type: "button", class: "dl-quiet", text, on: { click: act } });
  const { alone } = app.host; // why nothing can be loaded here
  const area = make("textarea", { class: "dl-yaml", readonly: alone ? "" : null, spellcheck: "false", "aria-label": "The scenario as YAML", rows: 18 });
  const fault = make("p", { class: "dl-fault", role: "alert" });
  const dialog = make("dialog", { class: "dl-dialog", "aria-label": "The scenario as YAML" }, area, fault,
    make("div", { class: "dl-row" }, ...(alone ? [] : [button("Load", () => load(area.value))]), button("Save as file", () => keep(name("yaml"), area.value, "text/yaml")), button("Close", () => dialog.close())));
  const file = make("input", { type: "file", accept: ".yaml,.yml", class: "dl-hidden", "aria-label": "A scenario file", tabindex: -1 });
  file.addEventListener("change", async () => {
    if (file.files[0]) load(await file.files[0].text());
    file.value = "";
  });
  const node = make("details", { class: "dl-card dl-saving" }, make("summary", { text: "Take it along" }),
    make("div", { class: "dl-row dl-figures", "data-part": "download" }, figure, button("SVG", () => keep(name(`${figure.value}.svg`), wholeSvg(shown(), app), "image/svg+xml")), button("PNG", () => png(wholeSvg(shown(), app), (blob) => keep(name(`${figure.value}.png`), blob)))),
    make("div", { class: "dl-row", "data-part": "download" }, button("Data (CSV)", () => keep(name("csv"), csvOf(app.told), "text/csv"))),
    make("div", { class: "dl-row", "data-part": "yaml" }, button("Show YAML", () => app.host.send({ kind: "yaml", serial: app.serial, state: app.state.mapping() })), alone ? make("p", { class: "dl-words", text: alone }) : button("Load YAML", () => file.click())),
    ...(alone ? [] : [file]), dialog);
  // A chart that is folded into a sentence, or hidden by an address, is no figure.
  const drawn = (chart) => (chart.svg || isFolded(chart)) && !chart.node.classList.contains("dl-folded");
  const show = () => {
    const names = app.charts.filter(drawn).map((chart) => chart.name);
    node.querySelector(".dl-figures").classList.toggle("dl-empty", !names.length);
    if (names.join() === [...figure.options].map((option) => option.value).join()) return;
    const kept = figure.value;
    figure.replaceChildren(...names.map((each) => make("option", { value: each, text: each })));
    if (names.includes(kept)) figure.value = kept;
  };
  node.addEventListener("toggle", show); // what had not been laid out is by now
  return {
    node,
    show,
    yaml(text) {
      area.value = text;
      say(fault, "");
      if (!dialog.open) dialog.showModal();
    },
    refused(text) {
      if (dialog.open) say(fault, text);
      return dialog.open;
    },
  };
}
