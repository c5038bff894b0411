// Writes the arithmetic of docs/self-hosting/scaling.md from the measured costs, and checks it by a simulation.
import { readFileSync, writeFileSync } from "node:fs";
import { number } from "../report/format.mjs";
import { bottleneck, capacity, plan } from "./arithmetic.mjs";
import { ASSUMED, costs, meanRoom } from "./costs.mjs";
import { simulate } from "./simulation.mjs";

const PEOPLE = [10_000, 100_000, 1_000_000, 10_000_000];
/** Simulated seconds, and the 99th percentile above which an instance is too slow. */
const SECONDS = 10;
const TOO_SLOW = 1;

const percent = (share) => (share < 0.01 ? "< 1 %" : `${number(Math.round(100 * share))} %`);
const megabits = (bits) => number(Math.round(bits / 1e6));
const table = (head, rows) => [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");

/** The people with whom the simulation becomes too slow in a minute, in steps of 2 %. */
function simulatedLimit(cost) {
  let people = capacity(cost);
  while (simulate(plan(people, cost), cost, 6 * SECONDS).p99 < TOO_SLOW) people *= 1.02;
  return people;
}

function page(cost) {
  const fits = capacity(cost);
  const plans = PEOPLE.map((people) => {
    const instances = Math.ceil(people / fits);
    return { people, instances, each: plan(people / instances, cost) };
  });
  const [part, busy] = bottleneck(plan(fits, cost));
  const full = fits / busy;
  const measured = table(
    ["a piece of work", "costs"],
    [
      ["a delivery", `${number(cost.delivery * 1e6)} µs of a core, ${number(cost.frame)} bytes`],
      ["a send, on the node that takes it", `${number(cost.send * 1e6)} µs of a core`],
      ["a send, on each other node", `${number(cost.hint * 1e6)} µs of a core`],
      ["sends of all nodes", `at most ${number(Math.round(cost.writes))} a second`],
      ["an idle connection", `${number(cost.idle / 1000)} KB, and ${number(ASSUMED.kernel / 1000)} KB of the kernel`],
    ],
  );
  const needs = table(
    ["people online", "sends a second", "deliveries a second", "instances", "nodes in all", "lock of writers", "Redis", "a node's cores", "Mbit/s to clients", "Mbit/s from each Redis"],
    plans.map(({ people, instances, each }) => [
      number(people),
      number(Math.round(each.sends * instances)),
      number(Math.round(each.deliveries * instances)),
      number(instances),
      number(instances * each.nodes),
      percent(each.busy["the lock of writers"]),
      percent(each.busy.Redis),
      percent(each.busy["the cores of a node"]),
      megabits(each.toClients * instances),
      megabits(each.fromRedis),
    ]),
  );
  const simulated = table(
    ["people online of an instance", "p50", "p99", "lock of writers", "Redis", "a node's reader", "a node's cores"],
    [0.1, 0.5, 1].map((share) => {
      const { p50, p99, busy } = simulate(plan(share * fits, cost), cost, SECONDS);
      const parts = ["the lock of writers", "Redis", "the reader of a node", "the cores of a node"];
      return [number(Math.round(share * fits)), `${number(p50 * 1e3)} ms`, `${number(p99 * 1e3)} ms`, ...parts.map((part) => percent(busy[part]))];
    }),
  );
  const rooms = ASSUMED.rooms.map(([share, from, to]) => `${100 * share} % to ${number(from)}–${number(to)}`).join(", ");
  return `Measured, on two cores that everything shares:

${measured}

Assumed: each person who is online sends ${ASSUMED.messages} messages an hour; of 100 messages go ${rooms} members online (${number(Math.round(meanRoom()))}
on average); a node has ${ASSUMED.cores} cores and ${number(ASSUMED.connections)} connections; Redis takes ${ASSUMED.push * 1e6} µs and ${ASSUMED.hint} bytes for each node that hears of a send. No
part shall be busier than ${percent(ASSUMED.busy)}, so that a burst finds room.

${needs}

**The first bottleneck is ${part}**: an instance with these costs is full at ${number(Math.round(full / 10_000) * 10_000)} people online, and should have no more than
${number(Math.round(fits / 10_000) * 10_000)}. A small simulation (\`bench/scale\`) plays arrivals, batches, Redis and nodes; within a minute messages take longer than a second
from ${number(Math.round(simulatedLimit(cost) / 10_000) * 10_000)} people on. Below, a message takes to its last reader:

${simulated}

A transaction carries all who wait, so the lock is busy long before it is full.`;
}

/** Writes the page between its markers. */
export function writeArithmetic(results, document, put) {
  writeFileSync(document, put(readFileSync(document, "utf8"), "scale", page(costs(results))));
}
