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
    // What a teacher has fixed stays, whoever wants to move it.
    set(given) {
      const changes = story.along ? story.along(values, given) : given; // a host may know only some positions
      const moved = Object.keys(changes).filter((name) => !state.fixed(name)).filter((name) => (isSaid(name) ? values[name] : (values[name] ?? "")) !== changes[name]);
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
    // Keeps what a teacher has hidden, and predictions.
    reset() {
      const back = Object.keys(values).filter((name) => !["hide", "fix", "story", "play"].includes(name) && !isSaid(name));
      state.set(Object.fromEntries(back.map((name) => [name, starts[name] ?? ""])));
    },
    // Something to try is told from where the story starts.
    attempt: (settings) => state.set({ ...Object.fromEntries(state.position().filter((name) => name !== "me").map((name) => [name, starts[name]])), ...settings }),
    list: (name) => state.get(name).split(",").filter(Boolean),
    hidden: (part) => state.list("hide").includes(part),
    fixed: (name) => state.list("fix").includes(name),
    position: () => (story.knobs ?? []).map((knob) => knob.name).concat("seed", "me"),
    // A kept position is a query within the query, so that any value fits in; the newest of several is compared with.
    pinText: (texts = here()) => new URLSearchParams(texts).toString(),
    pinMapping: (text = state.get("pin")) => Object.fromEntries(new URLSearchParams(text.split(";").at(-1))),
    pinned() {
      const others = Object.entries(state.mapping()).filter(([name]) => name !== "pin" && !state.position().includes(name));
      return { ...Object.fromEntries(others), ...state.pinMapping() };
    },
  };
  function here() {
    const moved = state.position().filter((name) => name === "seed" || state.get(name) !== (starts[name] ?? ""));
    return Object.fromEntries(moved.map((name) => [name, state.get(name)]));
  }
  return state;
}

// Whether a change asks for another answer: a clock, a pin or a hidden part does not.
export function asksForRun(moved) {
  return [...moved].some((name) => !LOCAL.has(name) && !name.startsWith("said."));
}

// A file has no query of its own: there it stands behind the #.
export function readAddress(where) {
  const { hash, search } = window.location;
  return Object.fromEntries(new URLSearchParams(where === "hash" ? hash.slice(1) : search));
}

export function writeAddress(state, where) {
  const query = state.query();
  const { pathname, search, hash } = window.location;
  const place = where === "hash" ? `${pathname}${search}#${query}` : pathname + (query ? `?${query}` : "") + hash;
  window.history.replaceState(window.history.state, "", place);
}
