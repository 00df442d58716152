// Where nobody keeps an address, the host is told where the page stands once it rests: a view drawn anew begins there.

const REST_MS = 600; // longer than a key that is held takes to repeat

export function makeStand({ state, host, root, ends }) {
  let told = JSON.stringify(state.mapping());
  let timer = 0;
  const now = () => {
    if (!timer) return;
    clearTimeout(timer);
    timer = 0;
    const mapping = state.mapping();
    if (JSON.stringify(mapping) !== told) host.send({ kind: "stand", state: stand.tells(mapping) });
  };
  const again = () => {
    clearTimeout(timer);
    timer = setTimeout(now, REST_MS);
  };
  const stand = {
    now,
    // A move says it too.
    tells(mapping) {
      told = JSON.stringify(mapping);
      return mapping;
    },
  };
  if (host.url) return stand;
  const held = () => timer && again();
  state.listen(again);
  root.addEventListener("dl-key", held);
  ends.push(() => clearTimeout(timer), () => root.removeEventListener("dl-key", held));
  return stand;
}
