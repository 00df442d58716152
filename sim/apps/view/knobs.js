// Knobs: native sliders with a label, their value in words, and what a change costs; choices as radio buttons.

import { make, say } from "./dom.js";
import { icon } from "./icons.js";
import { LARGEST_SEED } from "./numbers.js";

export function makeKnobs(app) {
  const { story, state } = app;
  const rows = [];
  const shown = make("div", { class: "dl-knobs" });
  const more = make("div", { class: "dl-knobs" });
  const knobs = story.knobs ?? [];
  knobs.forEach((knob, number) => (number >= 6 ? more : shown).append(knob.kind === "choices" ? choice(knob) : row(knob)));
  const seed = seedRow();
  const node = make("form", { class: "dl-panel", "aria-label": "Settings", on: { submit: (event) => event.preventDefault() } }, shown);
  if (more.children.length) node.append(make("details", {}, make("summary", { text: "More settings" }), more));
  if (story.note) {
    const went = make("span", { role: "status" });
    node.append(make("p", { class: "dl-note" }, story.note, " ", went));
    rows.push(() => say(went, story.went()));
  }
  node.append(seed);

  function row(knob) {
    const id = `${app.id}-${knob.name}`;
    const input = make("input", { type: "range", class: "dl-range", id, min: 0, max: knob.values.length - 1, step: 1, "aria-describedby": knob.hint ? `${id}-hint` : null });
    const value = make("output", { for: id, class: "dl-value-text" });
    const node = make("div", { class: "dl-knob", "data-part": `knob.${knob.name}` },
      make("div", { class: "dl-knob-head" }, make("label", { for: id, text: knob.label }), cost(knob), value), input,
      knob.hint ? make("p", { class: "dl-hint", id: `${id}-hint`, text: knob.hint }) : null);
    input.addEventListener("input", () => {
      app.moved = performance.now();
      state.set({ [knob.name]: knob.values[Number(input.value)] });
    });
    const show = () => {
      const at = Math.max(0, knob.values.indexOf(state.get(knob.name)));
      const text = (knob.says ?? knob.values)[at];
      if (input.value !== String(at)) input.value = String(at);
      input.setAttribute("aria-valuetext", text);
      input.style.setProperty("--share", knob.values.length > 1 ? at / (knob.values.length - 1) : 0);
      say(value, text);
      input.disabled = state.fixed(knob.name);
    };
    rows.push(show);
    return node;
  }

  function cost(knob) {
    return knob.retrains ? make("span", { class: "dl-retrains", title: "A change trains the model again", text: "retrains" }) : null;
  }

  function choice(knob) {
    const id = `${app.id}-${knob.name}`;
    const options = knob.values.map((value, n) => {
      const turn = () => {
        app.moved = performance.now();
        state.set({ [knob.name]: value });
      };
      const radio = make("input", { type: "radio", name: id, value, on: { change: turn } });
      rows.push(() => {
        radio.checked = state.get(knob.name) === value;
        radio.disabled = state.fixed(knob.name);
      });
      return make("label", { class: "dl-choice" }, radio, make("span", { text: (knob.says ?? knob.values)[n] }));
    });
    return make("div", { class: "dl-knob", "data-part": `knob.${knob.name}`, role: "radiogroup", "aria-labelledby": `${id}-label`, "aria-describedby": knob.hint ? `${id}-hint` : null },
      make("div", { class: "dl-knob-head" }, make("span", { class: "dl-label", id: `${id}-label`, text: knob.label }), cost(knob)), ...options,
      knob.hint ? make("p", { class: "dl-hint", id: `${id}-hint`, text: knob.hint }) : null);
  }

  function seedRow() {
    const id = `${app.id}-seed`;
    const { seeds } = story; // of a page that holds its runs
    const field = seeds ? make("select", { class: "dl-select", id }, ...seeds.map((value) => make("option", { value, text: value }))) : make("input", { type: "number", class: "dl-field", id, min: 0, max: LARGEST_SEED, step: 1, inputmode: "numeric" });
    const dice = make("button", { type: "button", class: "dl-button", "aria-label": "Another seed", title: "Another seed" }, icon("dice"));
    const turn = () => {
      if (field.value === "" || !field.checkValidity()) return field.reportValidity();
      return state.set({ seed: String(Number(field.value)) });
    };
    field.addEventListener("change", turn);
    dice.addEventListener("click", () => state.set({ seed: seeds ? another(seeds) : String(1 + Math.floor(Math.random() * 9999)) }));
    rows.push(() => {
      if (document.activeElement !== field) field.value = state.get("seed");
      field.disabled = state.fixed("seed");
      dice.disabled = field.disabled || seeds?.length === 1;
    });
    return make("div", { class: "dl-seed", "data-part": "seed" }, make("label", { for: id, text: "Seed" }), field, dice);
  }
  function another(seeds) {
    const others = seeds.filter((value) => value !== state.get("seed"));
    return others[Math.floor(Math.random() * others.length)];
  }
  const show = () => rows.forEach((each) => each());
  show();
  return { node, show };
}
