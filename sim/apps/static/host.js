// The host of a page that holds its answers: it is put after the view, in one module. Nothing is fetched, from nobody.
{
  const held = JSON.parse(document.getElementById("held").textContent);
  const { hello, cross, seeds, there, parts, words } = held;
  const { story } = hello;
  const knobs = new Map(story.knobs.map((knob) => [knob.name, knob]));
  const labels = (names) => names.map((name) => `“${knobs.get(name).label}”`).join(", ");

  async function bytesOf(number) {
    const packed = Uint8Array.from(atob(parts[number]), (sign) => sign.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  const dataOf = async (number) => JSON.parse(new TextDecoder().decode(await bytesOf(number)));

  async function messageOf(number) {
    const [message, pieces] = await dataOf(number);
    if (!pieces.length) return [message, []];
    return [message, [await new Blob(await Promise.all(pieces.map(bytesOf))).arrayBuffer()]];
  }

  // A position's name in the data: the seed, and the number of each knob's value.
  const keyOf = (mapping) => `${mapping.seed ?? story.seed}:${story.knobs.map((knob) => knob.values.indexOf(mapping[knob.name] ?? knob.start)).join(".")}`;

  // Only some positions are there: a knob that moves puts back those that it does not go along with.
  let back = [];
  story.along = (values, changes) => {
    const moved = Object.keys(changes).filter((name) => knobs.has(name) && changes[name] !== values[name]);
    if (moved.length) back = [];
    if (moved.length !== 1 || keyOf({ ...values, ...changes }) in there) return changes;
    const stay = cross.includes(moved[0]) ? cross : moved;
    back = [...knobs.keys()].filter((name) => !stay.includes(name) && values[name] !== knobs.get(name).start);
    return { ...changes, ...Object.fromEntries(back.map((name) => [name, knobs.get(name).start])) };
  };
  story.seeds = seeds;
  story.note = words.note;
  story.went = () => (back.length ? words.back.replace("KNOBS", labels(back)) : "");

  const oneOf = (known) => (text) => (known.includes(text) ? "" : `there is no “${text}” in this page; there is: ${known.join(", ")}`);
  const some = (known) => (text) => text.split(",").filter(Boolean).map((name) => oneOf(known)(name.trim())).find(Boolean) ?? "";
  const whole = (text) => (/^\d{1,10}$/.test(text) ? "" : `expected a whole number, found “${text}”`);
  const pins = (text) => text.split(";").filter(Boolean).map((pin) => faultOf(Object.fromEntries(new URLSearchParams(pin)), position)).find(Boolean) ?? "";
  const position = { seed: oneOf(seeds), ...Object.fromEntries([...knobs.values()].map((knob) => [knob.name, oneOf(knob.values)])) };
  const possible = {
    ...position, story: oneOf([story.name]), clock: whole, play: whole, strategy: oneOf(story.strategies), pin: pins, reveal: oneOf(["", "0", "1"]),
    hide: some(words.hideable), fix: some(words.fixable),
    ...Object.fromEntries(story.questions.map(({ name, options }) => [`said.${name}`, oneOf(options.map((option) => option.value))])),
  };

  // What is wrong with a mapping of texts, as an address holds it; "" if nothing is.
  function faultOf(mapping, known = possible) {
    const wrong = Object.entries(mapping).map(([name, text]) => [name, Object.hasOwn(known, name) ? known[name](text) : `this page has no such setting; it has: ${Object.keys(known).join(", ")}`]);
    const [first] = wrong.filter(([, fault]) => fault);
    if (first) return first.join(": ");
    return keyOf(mapping) in there ? "" : words.apart;
  }

  async function answersTo({ kind, state = {}, strategy }) {
    const key = keyOf(state);
    if (kind === "load") return [{ kind: "refused", say: words.app }, []];
    if (!(key in there)) return [{ kind: "refused", say: words.apart }, []];
    if (kind === "yaml") return [{ kind: "yaml", text: (await dataOf(held.scenarios))[key] }, []];
    const [answer, ...reels] = there[key];
    return messageOf(kind === "show" ? answer : reels[story.strategies.indexOf(strategy)]);
  }

  function firstAnswer(state) {
    const wrong = faultOf(state);
    return wrong ? { ...hello, wrong } : { ...hello, state };
  }

  function host() {
    let hear = () => {};
    return {
      url: "hash",
      alone: words.app,
      listen(callback) {
        hear = callback;
        return () => (hear = () => {});
      },
      async send(message) {
        const { kind, serial, ghost, state } = message;
        const about = ghost ? { serial, ghost } : { serial };
        if (kind === "ready") return queueMicrotask(() => hear({ ...firstAnswer(state), ...about }, []));
        if (kind === "cancel" || kind === "refine") return undefined; // all of it is there at once
        const [told, buffers] = await answersTo(message);
        return hear({ ...told, ...about }, buffers);
      },
    };
  }

  const element = document.getElementById("sandbox");
  if (typeof DecompressionStream === "undefined") element.append(Object.assign(document.createElement("p"), { textContent: words.old }));
  else {
    mount(element, host());
    // The view writes the address without a word; who types another one means to go there.
    window.addEventListener("hashchange", () => window.location.reload());
  }
}
