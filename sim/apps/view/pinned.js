// A pinned run beside this one: what it has otherwise, and what befell it that did not befall this one.

import { fill } from "./dom.js";

// In words, by the knobs' labels: a dotted line without its settings says nothing.
export function pinnedSays(app) {
  const { state, story, told } = app;
  const then = { ...state.starts, ...state.pinMapping() };
  const now = { ...state.starts, ...(told.state ?? state.mapping()) };
  const others = (story.knobs ?? []).filter(({ name }) => then[name] !== now[name]).map((knob) => {
    const value = (knob.says ?? knob.values)[knob.values.indexOf(then[knob.name])] ?? then[knob.name];
    return `${knob.label}${knob.kind === "choices" ? ":" : ""} ${value}`;
  });
  if (then.seed !== now.seed) others.push(fill(told.phrases.seed, { seed: then.seed }));
  return fill(told.phrases.pinned, { settings: others.join("; ") || told.phrases.same });
}

// The events of the pinned run that this one has not: at another moment, or without any effect here.
export function pinnedEvents(app, told) {
  const felt = told.world.events.filter((event) => event.felt);
  const known = (event) => felt.some((each) => each.at_s === event.at_s && each.kind === event.kind);
  return (app.ghost?.world.events ?? []).filter((event) => event.felt && event.at_s < told.world.horizon_s && !known(event));
}
