// Predict first: a question is asked before its answer is shown, and what was said stays beside what came out.

import { make, say } from "./dom.js";

export function makeQuestions(app) {
  const { story, state } = app;
  const asked = story.questions ?? [];
  const rows = asked.map(question);
  let skipped = false; // not part of the address: whoever it is sent to has not seen the answer
  const skip = make("button", { type: "button", class: "dl-quiet", text: "Show me without a prediction", on: { click: () => {
    skipped = true;
    app.again();
  } } });
  const node = make("section", { class: "dl-card dl-questions", "data-part": "questions", "aria-label": "Predict first" },
    make("h3", { text: "Predict first" }), ...rows.map((row) => row.node), skip);

  // A question is about one run: where its knobs stand. What a teacher has fixed is part of it.
  const isOf = (each, at) => (story.knobs ?? []).every(({ name, start }) => state.fixed(name) || (at[name] ?? start) === (each.at?.[name] ?? start));

  function question(each) {
    const key = `said.${each.name}`;
    let answer = null; // of the run that is asked of: another run does not grade it
    const verdict = make("p", { class: "dl-words", "aria-live": "polite" });
    const options = each.options.map((option) => {
      const radio = make("input", { type: "radio", name: `${app.id}-${each.name}`, value: option.value, on: { change: () => state.set({ [key]: option.value }) } });
      return { radio, value: option.value, node: make("label", { class: "dl-option" }, radio, make("span", { text: option.say })) };
    });
    const go = Object.keys(each.at ?? {}).length ? "Go to it" : "Back to it"; // who speaks to the page says what is read
    const there = make("button", { type: "button", class: "dl-quiet", text: go, "aria-label": `${go}, the run that is asked of: ${each.ask}`, on: { click: () => {
      state.attempt(each.at ?? {});
      (options.find((option) => option.radio.checked) ?? options[0]).radio.focus();
    } } });
    const elsewhere = make("p", { class: "dl-words dl-elsewhere" }, `${each.asked ?? ""} `, there);
    const node = make("fieldset", { class: "dl-question" }, make("legend", { text: each.ask }), ...options.map((option) => option.node), elsewhere, verdict);
    const show = (told) => {
      const given = told?.questions?.[each.name];
      if (given && (each.stands || isOf(each, told.state ?? {}))) answer = given;
      const said = state.has(key) ? state.get(key) : null;
      for (const option of options) {
        option.radio.checked = option.value === said;
        option.node.classList.toggle("dl-right", Boolean(said !== null && answer && option.value === answer.answer));
        option.node.classList.toggle("dl-wrong", Boolean(answer && option.value === said && said !== answer.answer));
      }
      elsewhere.hidden = isOf(each, Object.fromEntries((story.knobs ?? []).map(({ name }) => [name, state.get(name)])));
      say(verdict, said !== null && answer ? answer.say : "");
    };
    return { node, show, key };
  }
  const answered = (row) => state.has(row.key);
  return {
    node,
    // Whether the first question is still open: then what answers it is veiled.
    open: () => asked.length > 0 && !state.hidden("questions") && !skipped && !answered(rows[0]),
    show(told) {
      rows.forEach((row) => row.show(told));
      node.hidden = asked.length === 0 || state.hidden("questions");
      skip.hidden = skipped || rows.some(answered);
    },
  };
}
