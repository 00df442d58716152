// Sentences whose numbers are live: a knob's can be dragged and stepped, a run's say where in a chart they stand.

import { make, say } from "./dom.js";

const FAR = 170; // px from a knob's one end to the other, for whoever drags
export const LARGEST_SEED = 2 ** 32 - 1; // as a state has it
const HOW = "Drag it, or step it with the arrow keys";

// What a sentence can move: every knob of the story, and the seed. One meaning with the control itself: the state.
export function makeHandles(app) {
  const { story, state } = app;
  const handles = {};
  for (const knob of story.knobs ?? []) {
    const { name, values, label } = knob;
    const at = () => Math.max(0, values.indexOf(state.get(name)));
    handles[name] = {
      name, label, at, last: values.length - 1, wide: Math.max(5, Math.min(FAR / (values.length - 1), 24)),
      text: () => (knob.says ?? values)[at()],
      to: (n) => state.set({ [name]: values[n] }),
      open: () => !state.fixed(name) && !state.hidden(`knob.${name}`),
      who: knob.moves?.strategies ?? null, drift: knob.moves?.drift ?? [],
    };
  }
  const { seeds } = story; // of a page that holds its runs
  handles.seed = {
    name: "seed", label: "Seed", at: () => (seeds ? seeds.indexOf(state.get("seed")) : Number(state.get("seed"))), last: seeds ? seeds.length - 1 : LARGEST_SEED,
    wide: 9, text: () => state.get("seed"), to: (n) => state.set({ seed: seeds ? seeds[n] : String(n) }),
    open: () => !state.fixed("seed") && !state.hidden("seed") && seeds?.length !== 1, who: null, drift: [],
  };
  return handles;
}

// What is pointed at in a sentence is shown where it stands: at its control, in its chart, of its strategies.
export function makeLink(app, root) {
  let lit = [];
  return (target) => {
    for (const node of lit) node.classList.remove("dl-linked", "dl-dim");
    lit = [];
    const light = (node, name) => node && (node.classList.add(name), lit.push(node));
    if (target?.knob) light(root.querySelector(`[data-part="${target.knob === "seed" ? "seed" : `knob.${target.knob}`}"]`), "dl-linked");
    if (target?.chart) light(root.querySelector(`.dl-${target.chart}`), "dl-linked");
    if (target?.who) for (const node of root.querySelectorAll("[data-who]")) if (!target.who.includes(node.dataset.who)) light(node, "dl-dim");
    app.clock.point(target?.at_s ?? null);
  };
}

export function makeProse(app, node) {
  let shape = null;
  let pieces = [];
  const prose = {
    node,
    tell(parts) {
      const told = (typeof parts === "string" ? [parts] : (parts ?? [])).map((part) => (typeof part === "string" ? { say: part, text: true } : part));
      const next = [told.length, ...told.map(kind)].join("|");
      if (next !== shape) {
        shape = next;
        const held = node.contains(document.activeElement) ? document.activeElement.dataset?.knob : null;
        pieces = told.map((part) => piece(part));
        node.replaceChildren(...pieces.map((each) => each.node));
        if (held) node.querySelector(`[data-knob="${held}"]`)?.focus({ preventScroll: true });
      }
      pieces.forEach((each, n) => each.tell(told[n]));
    },
    show: () => pieces.forEach((each) => each.show?.()),
  };
  app.prose.push(prose);
  const kind = (part) => (part.text ? "" : handleOf(part) ? part.knob : part.at_s !== undefined ? "@" : "=");
  const handleOf = (part) => (part.knob && app.handles[part.knob]?.open() ? app.handles[part.knob] : null);

  function piece(part) {
    if (part.text) {
      const span = make("span");
      return { node: span, tell: (told) => say(span, told.say) };
    }
    const handle = handleOf(part);
    if (handle) return live(handle);
    if (part.knob && part.say === undefined) {
      const span = make("span", { class: "dl-computed" });
      const show = () => say(span, app.handles[part.knob]?.text() ?? "");
      return { node: span, tell: show, show };
    }
    return part.at_s !== undefined ? moment() : computed();
  }

  // A number that a knob sets.
  function live(handle) {
    const spin = handle.name === "seed";
    let part = {};
    const span = make("span", {
      class: "dl-live", role: spin ? "spinbutton" : "slider", tabindex: 0, "aria-label": `${handle.label}, in the text`, "aria-valuemin": 0, "aria-valuemax": handle.last,
      title: `${handle.label}. ${HOW}`, "data-knob": handle.name,
    });
    const show = () => {
      // As the report words it, while that is the value it speaks of.
      const spoken = part.say !== undefined && (app.told?.state?.[handle.name] ?? app.state.starts[handle.name]) === app.state.get(handle.name);
      say(span, spoken ? part.say : handle.text());
      span.setAttribute("aria-valuenow", handle.at());
      span.setAttribute("aria-valuetext", handle.text());
    };
    const move = (to) => {
      const n = Math.max(0, Math.min(Math.round(to), handle.last));
      if (n === handle.at()) return;
      app.moved = performance.now();
      handle.to(n);
    };
    span.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      event.preventDefault();
      span.focus({ preventScroll: true });
      const [from, began] = [event.clientX, handle.at()];
      app.root.classList.add("dl-dragging");
      const drag = (moved) => move(began + (moved.clientX - from) / handle.wide);
      const drop = () => {
        app.root.classList.remove("dl-dragging");
        window.removeEventListener("pointermove", drag);
        for (const end of ["pointerup", "pointercancel", "blur"]) window.removeEventListener(end, drop);
      };
      // A sentence may be made anew under the pointer: the window stays.
      window.addEventListener("pointermove", drag);
      for (const end of ["pointerup", "pointercancel", "blur"]) window.addEventListener(end, drop);
    });
    span.addEventListener("dl-key", (event) => {
      const page = Math.max(1, Math.round(Math.min(handle.last, 100) / 10));
      const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: page, PageDown: -page }[event.detail];
      const to = event.detail === "Home" ? 0 : event.detail === "End" && !spin ? handle.last : by && handle.at() + by;
      if (to === undefined) return;
      event.preventDefault();
      move(to);
    });
    pointed(span, () => {
      const began = (app.told?.world.events ?? []).find((event) => handle.drift.includes(event.drift))?.at_s;
      return { knob: handle.name, who: handle.who?.length ? handle.who : null, at_s: part.at_s ?? began };
    });
    return { node: span, tell: (told) => { part = told; show(); }, show };
  }

  // A moment: a click goes there, in every view.
  function moment() {
    let part = {};
    const button = make("button", { type: "button", class: "dl-moment", title: "Go to this moment", on: { click: () => app.clock.at(part.at_s) } });
    pointed(button, () => part);
    return { node: button, tell: (told) => { part = told; say(button, told.say); } };
  }

  // What came out of the run.
  function computed() {
    let part = {};
    const span = make("span", { class: "dl-computed" });
    pointed(span, () => part);
    return { node: span, tell: (told) => { part = told; say(span, told.say); } };
  }

  function pointed(span, target) {
    for (const name of ["pointerenter", "focus"]) span.addEventListener(name, () => app.link(target()));
    for (const name of ["pointerleave", "blur"]) span.addEventListener(name, () => app.link(null));
  }
  return prose;
}
