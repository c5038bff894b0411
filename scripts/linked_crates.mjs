// The crates that the program is linked from, by the output of `cargo metadata`.

/** Returns the packages that are linked, and none that only builds or tests. */
export function linkedCrates({ packages, resolve }) {
  const [byId, nodes] = [packages, resolve.nodes].map((list) => new Map(list.map((one) => [one.id, one])));
  const found = new Set();
  const waiting = [packages.find(({ name, source }) => name === "madang" && !source).id];
  while (waiting.length) {
    const id = waiting.pop();
    if (found.has(id)) continue;
    found.add(id);
    const linked = nodes.get(id).deps.filter(({ dep_kinds }) => dep_kinds.some(({ kind }) => kind === null));
    waiting.push(...linked.map(({ pkg }) => pkg));
  }
  return [...found].map((id) => byId.get(id)).filter(({ source }) => source);
}
