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
  let answers = {};

  function question(each) {
    const key = `said.${each.name}`;
    const verdict = make("p", { class: "dl-words", "aria-live": "polite" });
    const options = each.options.map((option) => {
      const radio = make("input", { type: "radio", name: `${app.id}-${each.name}`, value: option.value, on: { change: () => state.set({ [key]: option.value }) } });
      return { radio, value: option.value, node: make("label", { class: "dl-option" }, radio, make("span", { text: option.say })) };
    });
    const node = make("fieldset", { class: "dl-question" }, make("legend", { text: each.ask }), ...options.map((option) => option.node), verdict);
    const show = () => {
      const said = state.has(key) ? state.get(key) : null;
      const answer = answers[each.name];
      for (const option of options) {
        option.radio.checked = option.value === said;
        option.node.classList.toggle("dl-right", Boolean(said !== null && answer && option.value === answer.answer));
        option.node.classList.toggle("dl-wrong", Boolean(answer && option.value === said && said !== answer.answer));
      }
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
      answers = told?.questions ?? answers;
      rows.forEach((row) => row.show());
      node.hidden = asked.length === 0 || state.hidden("questions");
      skip.hidden = skipped || rows.some(answered);
    },
  };
}
