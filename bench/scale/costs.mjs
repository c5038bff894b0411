// What one piece of work costs, as the bench measured it, and what is assumed of people and machines.
/** Returns the measured costs: seconds of one core, bytes, transactions a second. */
export function costs({ nodes, fanout, memory, sends }) {
  const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
  const row = ({ figures }, wanted) => figures.rows.find((row) => Object.entries(wanted).every(([key, value]) => row[key] === value));
  return {
    delivery: median(row(fanout, { kind: "madang", members: 1000 }).cpu_us) / 1e6,
    send: row(sends, { kind: "madang", senders: 64, is_one_room: false }).cpu_us / 1e6,
    hint: nodes.figures.hint / 1e6,
    writes: nodes.figures.sends.at(-1).postgres,
    frame: row(fanout, { kind: "madang", members: 1000 }).frame_bytes,
    idle: row(memory, { kind: "madang", members: 18000 }).each,
  };
}

export const ASSUMED = {
  /** Messages of a person who is online, in an hour. */
  messages: 2,
  /** Shares of the messages, by how many members of the room are online. */
  rooms: [
    [0.6, 2, 10],
    [0.3, 10, 200],
    [0.09, 200, 2_000],
    [0.01, 2_000, 20_000],
  ],
  /** Connections of a node, its cores, and the kernel's memory for a connection. */
  connections: 40_000,
  cores: 4,
  kernel: 8_000,
  /** Redis: seconds for one subscriber of one hint, and bytes of a hint. */
  push: 1.5e-6,
  hint: 900,
  /** The most that a part may be busy, so that a burst finds room. */
  busy: 0.6,
};

/** The mean number of members online of the room of a message. */
export const meanRoom = () => ASSUMED.rooms.reduce((sum, [share, from, to]) => sum + (share * (from + to)) / 2, 0);
