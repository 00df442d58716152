// Everything a visitor has set: a flat mapping of texts. The address is that mapping, and nothing else.

const LOCAL = new Set(["clock", "play", "strategy", "pin", "reveal", "hide", "fix", "story"]);

// A prediction that is empty is one: that it cannot be told.
const isSaid = (name) => name.startsWith("said.");

export function makeState(story, given, start = {}) {
  const starts = { seed: String(story.seed ?? ""), clock: "0", strategy: (story.strategies ?? [])[0] ?? "", ...start };
  for (const knob of story.knobs ?? []) starts[knob.name] = knob.start;
  const values = { ...starts, ...given };
  const listeners = [];
  const state = {
    starts,
    get: (name) => values[name] ?? "",
    has: (name) => values[name] !== undefined,
    set(changes) {
      const moved = Object.keys(changes).filter((name) => (isSaid(name) ? values[name] : (values[name] ?? "")) !== changes[name]);
      for (const name of moved) values[name] = changes[name];
      if (moved.length) for (const listen of listeners) listen(new Set(moved));
    },
    listen: (act) => listeners.push(act),
    // What is as at the start is left out.
    mapping() {
      const told = Object.entries(values).filter(([name, value]) => isSaid(name) || (value !== "" && value !== (starts[name] ?? "")));
      return Object.fromEntries(told.sort(([one], [other]) => (one < other ? -1 : 1)));
    },
    query: () => new URLSearchParams(state.mapping()).toString(),
    // Keeps what a teacher has locked or hidden, and predictions.
    reset() {
      const fixed = new Set(state.list("fix"));
      const back = {};
      for (const name of Object.keys(values)) {
        if (name === "hide" || name === "fix" || name === "story" || name === "play" || fixed.has(name) || name.startsWith("said.")) continue;
        back[name] = starts[name] ?? "";
      }
      state.set(back);
    },
    list: (name) => state.get(name).split(",").filter(Boolean),
    hidden: (part) => state.list("hide").includes(part),
    fixed: (name) => state.list("fix").includes(name),
    pinned: () => (story.knobs ?? []).map((knob) => knob.name).concat("seed"),
    pinText: () => state.pinned().map((name) => `${name}:${state.get(name)}`).join(","),
    pinMapping: () => Object.fromEntries((state.get("pin").split(";").at(-1) ?? "").split(",").filter(Boolean).map((pair) => [pair.slice(0, pair.indexOf(":")), pair.slice(pair.indexOf(":") + 1)])),
  };
  return state;
}

// Whether a change asks for another answer: a clock, a pin or a hidden part does not.
export function asksForRun(moved) {
  return [...moved].some((name) => !LOCAL.has(name) && !name.startsWith("said."));
}

export function readAddress() {
  return Object.fromEntries(new URLSearchParams(window.location.search));
}

export function writeAddress(state) {
  const query = state.query();
  const place = window.location.pathname + (query ? `?${query}` : "") + window.location.hash;
  window.history.replaceState(window.history.state, "", place);
}
