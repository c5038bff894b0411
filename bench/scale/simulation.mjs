// Plays some seconds of an instance: messages arrive at random, wait for the lock of writers in batches, for Redis, and at each
// node. It says how busy each part was, and how long a message took to its last reader.
import { ASSUMED } from "./costs.mjs";

/** Acts that share a transaction, and the part of its time that does not depend on their number. */
const BATCH = 256;
const FIXED = 1e-3;

/** Numbers from 0 to 1, the same in each run. */
function random(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function roomSize(chance) {
  let at = chance();
  for (const [share, from, to] of ASSUMED.rooms) {
    if (at < share) return Math.round(from + chance() * (to - from));
    at -= share;
  }
  return 2;
}

/** The members of a room on each node that has any. */
function spread(size, nodes, chance) {
  const members = new Map();
  if (size > 4 * nodes) {
    for (let node = 0; node < nodes; node += 1) members.set(node, size / nodes);
    return members;
  }
  for (let member = 0; member < size; member += 1) {
    const node = Math.floor(chance() * nodes);
    members.set(node, (members.get(node) ?? 0) + 1);
  }
  return members;
}

/** One that does one thing after the other. */
class Part {
  free = 0;
  worked = 0;

  /** Works from `at` on, or when it is free. Returns when it is done. */
  work(at, seconds) {
    this.free = Math.max(this.free, at) + seconds;
    this.worked += seconds;
    return this.free;
  }
}

export function simulate({ sends, nodes }, cost, seconds, seed = 1) {
  const chance = random(seed);
  const [writers, redis] = [new Part(), new Part()];
  // A node reads the facts of all in one task; its other cores send.
  const readers = Array.from({ length: nodes }, () => new Part());
  const cores = Array.from({ length: nodes }, () => new Part());
  const each = Math.max(0, 1 / cost.writes - FIXED / BATCH);
  const times = [];
  let next = -Math.log(1 - chance()) / sends;
  const waiting = [];
  while (next < seconds || waiting.length > 0) {
    // All who arrived until the lock is free share the next transaction.
    const begins = Math.max(writers.free, waiting[0] ?? next);
    while (next <= begins && next < seconds) {
      waiting.push(next);
      next -= Math.log(1 - chance()) / sends;
    }
    const batch = waiting.splice(0, BATCH);
    if (batch.length === 0) continue;
    const committed = writers.work(begins, FIXED + batch.length * each);
    const hinted = nodes > 1 ? redis.work(committed, nodes * ASSUMED.push * batch.length) : committed;
    const heard = readers.map((reader) => (nodes > 1 ? reader.work(hinted, batch.length * cost.hint) : hinted));
    for (const sent of batch) {
      let last = committed;
      cores[Math.floor(chance() * nodes)].work(sent, cost.send / ASSUMED.cores);
      for (const [node, members] of spread(roomSize(chance), nodes, chance)) {
        last = Math.max(last, cores[node].work(heard[node], (members * cost.delivery) / ASSUMED.cores));
      }
      times.push(last - sent);
    }
  }
  times.sort((a, b) => a - b);
  const busiest = (parts) => Math.max(...parts.map((part) => part.worked)) / seconds;
  return {
    busy: {
      "the lock of writers": writers.worked / seconds,
      Redis: redis.worked / seconds,
      "the reader of a node": busiest(readers),
      "the cores of a node": busiest(cores) + busiest(readers) / ASSUMED.cores,
    },
    p50: times[Math.floor(times.length * 0.5)],
    p99: times[Math.floor(times.length * 0.99)],
  };
}
