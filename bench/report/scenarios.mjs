// What is shown of the figures of each scenario.
import { megabytes, number, pair, times, yes } from "./format.mjs";

const NAMES = {
  madang: "Madang",
  "madang-before": "Madang, before",
  "madang-unindexed": "Madang, SEARCH=off",
  floor: "the floor",
  socketioxide: "socketioxide, no store",
  express: "Express + socket.io + SQLite",
  "socket-io": "socket.io, no store",
  next: "Next.js",
};

const name = (row) => NAMES[row.kind];
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const find = (rows, wanted) => rows?.find((row) => Object.entries(wanted).every(([key, value]) => row[key] === value));
const over = (one, other, figure) => (one && other ? figure(one) / figure(other) : undefined);

/** Madang's cost of a delivery over another server's, window by window of the same round. */
function costOver(rows, row) {
  const ours = find(rows, { kind: "madang", members: row?.members });
  if (!ours || ours === row) return undefined;
  return median(ours.cpu_us.map((us, round) => us / row.cpu_us[round]));
}

// Each scenario: tables of a title, rows and columns; targets of a name, a sign, a bound, a unit and the figure; plots.
export const SCENARIOS = {
  start: ({ first_page, idle, own, binary }) => ({
    tables: [
      {
        title: "The start",
        rows: [
          ["cold start to the first page", `${number(first_page)} ms`],
          ["idle memory after it", `${number(megabytes(idle))} MB`],
          ["of it no page of the program's file", `${number(megabytes(own))} MB`],
          ["the binary with everything inside", `${number(megabytes(binary))} MB`],
        ],
        columns: { what: (row) => row[0], figure: (row) => row[1] },
      },
    ],
    targets: [
      ["cold start to the first page", "≤", 150, "ms", first_page],
      ["idle memory", "≤", 20, "MB", megabytes(idle)],
      ["the binary", "≤", 30, "MB", megabytes(binary)],
    ],
  }),

  fanout({ rows }) {
    const row = (kind, members) => find(rows, { kind, members });
    const last = (kind, part) => over(row("madang", 1000), row(kind, 1000), (row) => row.last[part]);
    const size = { members: (row) => row.members, server: name };
    const across = { across: "members of the room", x: (row) => row.members, lines: [{ rows, name }] };
    return {
      tables: [
        {
          title: "Processor time per delivery, 20,000 deliveries a second",
          rows,
          columns: {
            ...size,
            "µs, median window": (row) => median(row.cpu_us),
            windows: (row) => row.cpu_us.map(number).join(" "),
            "Madang is": (row) => times(costOver(rows, row)),
            "bytes a frame": (row) => row.frame_bytes,
            "lost, disordered": (row) => row.lost,
          },
        },
        {
          title: "From the send to the first, the median and the last member, and to the sender's ack: p50; p99 in ms",
          rows,
          columns: {
            ...size,
            first: (row) => pair(row.first),
            median: (row) => pair(row.median),
            last: (row) => pair(row.last),
            ack: (row) => pair(row.ack),
          },
        },
        {
          title: "Deliveries a second when the next message is sent as soon as all have the last one",
          rows,
          columns: { ...size, "deliveries a second": (row) => Math.round(row.per_second) },
        },
      ],
      targets: [
        ["a delivery to 1,000 over Express + socket.io + SQLite", "≤", 0.4, "×", costOver(rows, row("express", 1000))],
        ["a delivery to 1,000 over socketioxide", "≤", 0.6, "×", costOver(rows, row("socketioxide", 1000))],
        ["a delivery to 1,000 over the floor", "≤", 1.1, "×", costOver(rows, row("floor", 1000))],
        ["a delivery to 5,000 over the floor", "≤", 1.1, "×", costOver(rows, row("floor", 5000))],
        ["a delivery to 18,000 over the floor", "≤", 1.1, "×", costOver(rows, row("floor", 18000))],
        ["a delivery to 1,000 over before", "≤", 1.05, "×", costOver(rows, row("madang-before", 1000))],
        ["to the last of 1,000, p50, over the floor", "≤", 1.15, "×", last("floor", "p50")],
        ["to the last of 1,000, p99, over the floor", "≤", 1.15, "×", last("floor", "p99")],
        ["to the last of 1,000, p50, over Express", "≤", 1, "×", last("express", "p50")],
        ["to the last of 1,000, p99, over Express", "≤", 1, "×", last("express", "p99")],
        ["the sender's own ack in a room of 1,000, p50", "≤", 2, "ms", row("madang", 1000)?.ack.p50],
      ],
      plots: {
        "fanout-cost": {
          ...across,
          title: "Processor time per delivery",
          up: "µs, at 20,000 deliveries a second",
          y: (row) => median(row.cpu_us),
        },
        "fanout-last": {
          ...across,
          title: "From the send to the last member",
          up: "ms, p50",
          isLog: true,
          y: (row) => row.last.p50,
        },
      },
    };
  },

  tls({ rows, members, idle }) {
    const [plain, tls] = [find(rows, { mode: "plain" }), find(rows, { mode: "tls" })];
    const handshake = tls.connect_us - plain.connect_us;
    return {
      tables: [
        {
          title: `With TLS and without: a delivery in a room of ${number(members)}, and ${number(idle)} idle members`,
          rows,
          columns: {
            "": (row) => (row.mode === "tls" ? "with TLS" : "without"),
            "µs a delivery, median window": (row) => median(row.cpu_us),
            windows: (row) => row.cpu_us.map(number).join(" "),
            "KB each member": (row) => row.each / 1024,
            "connects a second": (row) => Math.round(row.per_second),
            "µs of the server each": (row) => row.connect_us,
          },
        },
        {
          title: "The handshake",
          rows: [["µs of the server", handshake], ["a second, on one core", Math.round(1e6 / handshake)]],
          columns: { what: (row) => row[0], figure: (row) => row[1] },
        },
      ],
      targets: [
        ["a delivery to 1,000 with TLS over plain", "≤", 1.8, "×", median(tls.cpu_us.map((us, round) => us / plain.cpu_us[round]))],
        ["an idle member with TLS", "≤", 14, "KB", tls.each / 1024],
      ],
    };
  },

  memory({ rows }) {
    const row = (members, kind = "madang") => find(rows, { kind, members });
    const each = (members) => row(members) && row(members).each / 1024;
    const overBefore = over(row(18000), row(18000, "madang-before"), (row) => row.each);
    return {
      tables: [
        {
          title: "Memory of idle members; the first 256 do not count in the share of each",
          rows,
          columns: {
            members: (row) => row.members,
            server: name,
            "KB each": (row) => row.each / 1024,
            "MB in all": (row) => megabytes(row.in_all),
          },
        },
      ],
      targets: [
        ["an idle member of 1,000", "≤", 3, "KB", each(1000)],
        ["an idle member of 10,000", "≤", 3, "KB", each(10000)],
        ["an idle member of 18,000", "≤", 3, "KB", each(18000)],
        ["an idle member of 18,000 over before", "≤", 1.05, "×", overBefore],
        ["18,000 idle members in all", "≤", 80, "MB", row(18000) && megabytes(row(18000).in_all)],
      ],
      plots: {
        memory: {
          title: "Memory with idle members",
          across: "members of the room",
          up: "MB of the process",
          isLog: true,
          lines: [{ rows, name }],
          x: (row) => row.members,
          y: (row) => megabytes(row.in_all),
        },
      },
    };
  },

  connects: ({ rows }) => ({
    tables: [
      {
        title: "Connects, 16 at the same time, until the room's snapshot arrives",
        rows,
        columns: {
          "members of a room": (row) => row.per_room,
          server: name,
          "a second": (row) => Math.round(row.per_second),
          "µs of the server each": (row) => row.cpu_us,
        },
      },
    ],
  }),

  sends({ lone = [], rows, store, syncs }) {
    const alone = (kind) => find(lone, { kind });
    const express = alone("express");
    const row = (kind) => find(rows, { kind, senders: 256, is_one_room: false });
    const rate = (row) => row.per_second;
    const share = find(store, { writers: 256, has_index: true })?.share;
    return {
      tables: [
        {
          title: "A lone sender's durable messages in a room of two, beside Express: medians of windows in turns",
          rows: lone.filter((row) => row !== express),
          columns: {
            "one sender": name,
            "a second": (row) => Math.round(row.per_second),
            Express: () => Math.round(express.per_second),
            is: (row) => times(over(row, express, rate)),
            "p50 ms": (row) => row.p50_ms,
            "Express, p50 ms": () => express.p50_ms,
            "µs each": (row) => row.cpu_us,
            "Express, µs each": () => express.cpu_us,
          },
        },
        {
          title: "Durable messages, acknowledged",
          rows,
          columns: {
            senders: (row) => row.senders,
            rooms: (row) => (row.is_one_room ? "one" : "of two"),
            server: name,
            "a second": (row) => Math.round(row.per_second),
            "p50 ms": (row) => row.ack.p50,
            "p99 ms": (row) => row.ack.p99,
            "mean ms": (row) => row.ack.mean,
            "p99 / mean": (row) => row.ack.p99 / row.ack.mean,
            "µs each": (row) => row.cpu_us,
          },
        },
        {
          title: "The store alone, and plain inserts of the same rows: messages a second",
          rows: store,
          columns: {
            "writers, rows of a batch": (row) => row.writers,
            search: (row) => (row.has_index ? "on" : "off"),
            "Db::write": (row) => row.store,
            "plain inserts": (row) => row.raw,
            share: (row) => `${Math.round(100 * row.share)} %`,
          },
        },
        {
          title: "The disk: a write of 4 KB and its sync",
          rows: syncs.map((row, at) => ({ when: ["before", "after"][at], ...row })),
          columns: {
            "": (row) => row.when,
            "p50 ms": (row) => row.p50,
            "p99 ms": (row) => row.p99,
            "slowest ms": (row) => row.max,
          },
        },
      ],
      targets: [
        ["a lone sender's acked sends a second, over Express", "≥", 1.1, "×", over(alone("madang"), express, rate)],
        ["a lone sender's acked sends a second, over before", "≥", 0.95, "×", over(alone("madang"), alone("madang-before"), rate)],
        ["acked sends a second, 256 in rooms of two", "≥", 15000, "", row("madang")?.per_second],
        ["acked sends a second, 256 in rooms of two, SEARCH=off", "≥", 20000, "", row("madang-unindexed")?.per_second],
        ["acked sends a second, 256 in rooms of two, over Express", "≥", 4, "×", over(row("madang"), row("express"), rate)],
        ["acked sends a second, 256 in rooms of two, over before", "≥", 0.95, "×", over(row("madang"), row("madang-before"), rate)],
        ["p99 of these over their mean", "≤", 2.5, "×", row("madang") && row("madang").ack.p99 / row("madang").ack.mean],
        ["the store alone, 256 writers, of plain inserts", "≥", 50, "%", share && 100 * share],
      ],
      plots: {
        sends: {
          title: "Durable messages acknowledged, rooms of two",
          across: "senders",
          up: "a second, one core",
          isLog: true,
          lines: [
            { rows: rows.filter((row) => !row.is_one_room), name },
            { rows: store.filter((row) => row.has_index), name: () => "plain inserts, search on" },
          ],
          x: (row) => row.senders ?? row.writers,
          y: (row) => row.per_second ?? row.raw,
        },
      },
    };
  },

  rooms: ({ rows }) => ({
    tables: [
      {
        title: "Many rooms: 64 users send to theirs in turn; one more room has 1,000 members",
        rows,
        columns: {
          rooms: (row) => row.rooms,
          "sends a second": (row) => Math.round(row.sends),
          "µs a send": (row) => row.send_us,
          "ack p99 ms": (row) => row.ack_p99,
          "µs a delivery": (row) => row.delivery_us,
          "lobby pages a second": (row) => Math.round(row.lobby),
          "MB in all": (row) => megabytes(row.memory),
        },
      },
    ],
    plots: {
      rooms: {
        title: "Cost against the number of rooms",
        across: "rooms of the server",
        up: "µs of processor time; MB",
        isLog: true,
        lines: [
          { rows: rows.map((row) => ({ rooms: row.rooms, y: row.send_us })), name: () => "µs of a send" },
          { rows: rows.map((row) => ({ rooms: row.rooms, y: row.delivery_us })), name: () => "µs of a delivery" },
          { rows: rows.map((row) => ({ rooms: row.rooms, y: megabytes(row.memory) })), name: () => "MB of the process" },
        ],
        x: (row) => row.rooms,
        y: (row) => row.y,
      },
    },
  }),

  cores({ rows }) {
    const [one, two] = rows;
    return {
      tables: [
        {
          title: `One room of ${number(one.members)}, nobody reading: from the first write to the last`,
          rows,
          columns: { cores: (row) => row.cores, ms: (row) => row.last_ms, "of one core": (row) => times(row.last_ms / one.last_ms) },
        },
      ],
      targets: [["one room of 18,000: two cores over one", "≤", 0.6, "×", two.last_ms / one.last_ms]],
    };
  },

  nodes: ({ sends, members, across, hint, deliveries }) => ({
    tables: [
      {
        title: "Durable messages acknowledged a second, rooms of two, and pgbench with the rows of a message",
        rows: sends,
        columns: {
          connections: (row) => row.senders,
          SQLite: (row) => Math.round(row.sqlite),
          PostgreSQL: (row) => Math.round(row.postgres),
          pgbench: (row) => Math.round(row.pgbench),
          "SQLite, ack p50 ms": (row) => row.sqlite_ack.p50,
          "PostgreSQL, ack p50 ms": (row) => row.postgres_ack.p50,
          "PostgreSQL, ack p99 ms": (row) => row.postgres_ack.p99,
        },
      },
      {
        title: `A message on node A to ${number(members)} members on node B, by Redis`,
        rows: [
          ["the first", across.first],
          ["the last", across.last],
        ],
        columns: { "": (row) => row[0], "p50 ms": (row) => row[1].p50, "p99 ms": (row) => row[1].p99 },
      },
      {
        title: "Processor time of the nodes",
        rows: [
          ["a message for none of a node's users", hint],
          [`a delivery, ${number(deliveries.members)} members on one node`, deliveries.one_us],
          ["a delivery, the same members on two nodes", deliveries.two_us],
        ],
        columns: { "": (row) => row[0], "µs": (row) => row[1] },
      },
    ],
    targets: [
      ["a delivery by two nodes over one", "≤", 1.1, "×", deliveries.two_us / deliveries.one_us],
    ],
  }),

  sockets: (row) => ({
    tables: [
      {
        title: `${number(row.sockets)} connected users on ${row.nodes} servers, ${number(row.members)} of them in one room`,
        rows: [row],
        columns: {
          "all are connected after s": (row) => Math.round(row.joined_s),
          "memory of a server, MB": (row) => megabytes(row.node_bytes),
          "of it a user, KB": (row) => row.socket_bytes / 1024,
          "a message to the last, ms": (row) => Math.round(row.last_ms),
          "the slowest of ten, ms": (row) => Math.round(row.slowest_ms),
        },
      },
    ],
  }),

  pages({ viewers, messages, rows, shapes }) {
    const row = (kind, members) => find(rows, { kind, members, is_packed: false });
    const rate = (row) => row.per_second;
    const same = (kind, { page, is_packed }) => find(rows, { kind, page, is_packed });
    const shown = (kind) => {
      const own = shapes.filter((shape) => shape.kind === kind);
      return [...own.slice(0, 2), ...own.slice(2).sort((a, b) => b.page.p50 - a.page.p50).slice(0, 10)];
    };
    const own = shapes.filter((shape) => shape.kind === "madang");
    const slowest = Math.max(...own.slice(1).map((shape) => shape.page.p50));
    const beside = Math.max(...own.slice(2).map((shape) => shape.sends.p99)) / own[1].sends.p99;
    const ofSize = (members, pages, kilobytes) => {
      const [ours, before] = [row("madang", members), row("madang-before", members)];
      return [
        [`pages a second, ${members} members`, "≥", pages, "", ours?.per_second],
        [`pages a second, ${members} members, over Next.js`, "≥", 30, "×", over(ours, row("next", members), rate)],
        [`pages a second, ${members} members, over before`, "≥", 1, "×", over(ours, before, rate)],
        [`HTML of a page, ${members} members`, "≤", kilobytes, "KB", ours && ours.bytes / 1024],
      ];
    };
    return {
      tables: [
        {
          title: `Pages of 50 messages; ${number(viewers)} viewers in turn, the long history is of ${number(messages)} messages`,
          rows,
          columns: {
            page: (row) => row.page,
            server: name,
            compressed: (row) => yes(row.is_packed),
            "a second": (row) => Math.round(row.per_second),
            "p50 ms": (row) => row.p50_ms,
            "p99 ms": (row) => row.p99_ms,
            bytes: (row) => row.bytes,
            "Madang is": (row) => (row.kind === "madang" ? "" : times(over(same("madang", row), row, rate))),
          },
        },
        {
          title: "Pages of 50 messages of costly markup, the slowest, and a lone sender while 8 connections request one",
          rows: [...shown("madang"), ...shown("madang-before")],
          columns: {
            "messages of": (row) => row.shape,
            server: name,
            "page p50 ms": (row) => row.page.p50,
            "slowest page ms": (row) => row.page.max,
            bytes: (row) => row.bytes,
            "sends p50 ms": (row) => row.sends.p50,
            "p99 ms": (row) => row.sends.p99,
            "slowest send ms": (row) => row.sends.max,
          },
        },
      ],
      targets: [
        ...ofSize(2, 5000, 60),
        ...ofSize(200, 3000, 100),
        ["a page of 50 messages of any markup, p50", "≤", 50, "ms", slowest],
        ["others' sends beside it over beside plain text, p99", "≤", 2, "×", beside],
      ],
    };
  },

  search: ({ messages, queries, rows }) => ({
    tables: [
      {
        title: `${number(queries)} searches in ${number(messages)} messages`,
        rows,
        columns: {
          "": (row) => row.store,
          "p50 ms": (row) => row.times.p50,
          "p95 ms": (row) => row.times.p95,
          "p99 ms": (row) => row.times.p99,
          "slowest ms": (row) => row.times.max,
        },
      },
    ],
    targets: [["a search on PostgreSQL, p95", "≤", 50, "ms", find(rows, { store: "PostgreSQL" })?.times.p95]],
  }),

  hostile({ connections, rows }) {
    const quiet = (row) => find(rows, { kind: row.kind, attack: "nothing" });
    const worst = (what) =>
      Math.max(...rows.filter((row) => row.kind === "madang").map((row) => row[what].p99 / quiet(row)[what].p99));
    const both = (what) => (row) => `${number(row[what].p50)}; ${number(row[what].p99)}`;
    return {
      tables: [
        {
          title: `Others beside ${number(connections)} connections of one network that do this all the time: p50; p99 in ms`,
          rows,
          columns: {
            "the network": (row) => row.attack,
            server: name,
            served: (row) => row.done,
            refused: (row) => row.refused,
            "others' sends": both("sends"),
            "log-ins": both("log_ins"),
            pages: both("pages"),
          },
        },
      ],
      targets: ["sends", "log_ins", "pages"].map((what) => [
        `others' ${what.replace("_", "-")} beside a hostile network over quiet, p99`, "≤", 2, "×", worst(what),
      ]),
    };
  },

  stalled({ members, stalled, frame_bytes, windows, readings, still_connected, count_s, idle, peak }) {
    const [before, during] = windows;
    const seconds = count_s ?? Infinity;
    // What other processes do decides the times as well.
    const isQuiet = windows.every((window) => window.other_cores < 0.2);
    return {
      tables: [
        {
          title: `${number(members)} members get ${number(frame_bytes)} bytes a second, and ${number(stalled)} stop reading`,
          rows: windows,
          columns: {
            "deliveries to the others": (row) => row.when,
            messages: (row) => row.messages,
            "p50 ms": (row) => row.times.p50,
            "p99 ms": (row) => row.times.p99,
            "cores used by other processes": (row) => row.other_cores,
          },
        },
        {
          title: `Disconnected after the first byte that the kernel refused; ${number(still_connected)} stay connected`,
          rows: readings,
          columns: {
            "a member who": (row) => row.reading,
            members: (row) => row.members,
            "first s": (row) => row.first_s,
            "last s": (row) => row.last_s,
          },
        },
      ],
      targets: [
        ["deliveries beside stalled members over before, p99", "≤", 2, "×", isQuiet ? during.times.p99 / before.times.p99 : undefined],
        ["a stalled member is disconnected after", "≤", 15, "s", Math.max(...readings.map((row) => row.last_s ?? 0))],
        ["stalled members who stay connected", "≤", 0, "", still_connected],
        ["the count of users online is right after", "≤", 2, "s", seconds],
        [`memory beside stalled members, ${number(megabytes(idle))} MB before`, "≤", 250, "MB", megabytes(peak)],
      ],
    };
  },

  pushes: ({ browsers, expected, first_s, seconds, per_second, cpu_us, connections, before, peak, killed_after, killed_s, lost, twice }) => ({
    tables: [
      {
        title: `A message for ${number(browsers)} browsers`,
        rows: [
          ["to be reached: all but 1 % gone and 1 % without an answer", number(expected)],
          ["the first push after", `${number(first_s)} s`],
          ["the last push after, also of the 1 % that are refused at first", `${number(seconds)} s`],
          ["pushes a second between the two", number(per_second)],
          ["processor time of a push", `${number(cpu_us)} µs`],
          ["connections to the push service", number(connections)],
          ["memory before, at most", `${number(megabytes(before))}, ${number(megabytes(peak))} MB`],
          [`killed after ${number(killed_after)} pushes: the last push after`, `${number(killed_s)} s`],
          ["not reached after the kill", number(lost)],
          ["reached twice after the kill", number(twice)],
        ],
        columns: { what: (row) => row[0], figure: (row) => row[1] },
      },
    ],
    targets: [
      [`${number(expected)} of ${number(browsers)} browsers are reached within`, "≤", 60, "s", seconds],
      ["memory that pushes need", "≤", 32, "MB", megabytes(peak - before)],
      ["pushes that a kill loses", "≤", 0, "", lost],
    ],
  }),

  storm({ rows }) {
    const of = (members) => find(rows, { members });
    return {
      tables: [
        {
          title: "All members lose their connections and come back at once",
          rows,
          columns: {
            members: (row) => row.members,
            missed: (row) => row.missed,
            "half back s": (row) => row.half_back_s,
            "all back s": (row) => row.all_back_s,
            "CPU leaving s": (row) => row.cpu_leaving_s,
            "CPU returning s": (row) => row.cpu_returning_s,
            "µs each": (row) => row.cpu_member_us,
            "MB idle, after, peak": (row) => [row.idle, row.memory, row.peak].map(megabytes).map(number).join(", "),
            refused: (row) => Object.entries(row.refusals).map((entry) => entry.join(" ")).join(", ") || "none",
          },
        },
      ],
      // A room that is too large for the caches costs more by half; a quadratic cost is ten times as much.
      targets: [["a member back in a room of 10,000 over one of 1,000", "≤", 2, "×", over(of(10000), of(1000), (row) => row.cpu_member_us)]],
    };
  },
};
