// How many of what a number of people online needs.
import { ASSUMED, meanRoom } from "./costs.mjs";

/** Of one instance: its nodes, and how busy its database, Redis and nodes are. 1 is all of it. */
export function plan(people, cost) {
  const sends = (people * ASSUMED.messages) / 3600;
  const deliveries = sends * meanRoom();
  const nodes = Math.max(1, Math.ceil(people / ASSUMED.connections));
  const share = { send: (sends / nodes) * cost.send, delivery: (deliveries / nodes) * cost.delivery };
  const busy = {
    "the lock of writers": sends / cost.writes,
    Redis: nodes > 1 ? sends * nodes * ASSUMED.push : 0,
    "the reader of a node": nodes > 1 ? sends * cost.hint : 0,
    "the cores of a node": (share.send + share.delivery + (nodes > 1 ? sends * cost.hint : 0)) / ASSUMED.cores,
  };
  return { people, sends, deliveries, nodes, busy, ...network(sends, deliveries, nodes, cost) };
}

/** Bits a second: to the clients of all nodes, and from Redis to the nodes. */
function network(sends, deliveries, nodes, cost) {
  return { toClients: deliveries * cost.frame * 8, fromRedis: nodes > 1 ? sends * nodes * ASSUMED.hint * 8 : 0 };
}

/** The part that is busiest. */
export const bottleneck = ({ busy }) => Object.entries(busy).toSorted(([, a], [, b]) => b - a)[0];

/** The most people online of one instance with no part busier than it may be. */
export function capacity(cost) {
  let [fits, fails] = [1, 100_000_000];
  while (fails - fits > 1) {
    const people = Math.floor((fits + fails) / 2);
    if (bottleneck(plan(people, cost))[1] <= ASSUMED.busy) fits = people;
    else fails = people;
  }
  return fits;
}
