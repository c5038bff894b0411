// Turns the figures of the bench into tables, targets and plots: on the terminal, and between the markers of
// docs/performance.md. `node bench/report/main.mjs FIGURES.json DOCS [--quick]`; a quick run writes nothing.
import { readFileSync, writeFileSync } from "node:fs";
import { writeArithmetic } from "../scale/main.mjs";
import { number, yes } from "./format.mjs";
import { svg } from "./plot.mjs";
import { SCENARIOS } from "./scenarios.mjs";

/** The cells of a table, its headings first. */
const cells = ({ rows, columns }) => [
  Object.keys(columns),
  ...rows.map((row) => Object.values(columns).map((cell) => number(cell(row)))),
];

function forTerminal(title, lines) {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const pad = (cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]));
  return `\n${title}\n${lines.map((line) => `  ${line.map(pad).join("  ")}`.trimEnd()).join("\n")}`;
}

function forDocument(title, [head, ...lines]) {
  const rule = head.map((_, column) => (column === 0 ? "---" : "---:"));
  return `**${title}**\n\n${[head, rule, ...lines].map((line) => `| ${line.join(" | ")} |`).join("\n")}`;
}

function targetCells([what, sign, bound, unit, figure]) {
  const withUnit = (value) => `${number(value)} ${unit}`.trim();
  const isReached = sign === "≤" ? figure <= bound : figure >= bound;
  return [what, `${sign} ${withUnit(bound)}`, withUnit(figure), yes(isReached)];
}

/** The machines, with the scenarios of each if there is more than one. */
function machines(results) {
  const all = new Map();
  for (const scenario of Object.keys(SCENARIOS).filter((scenario) => results[scenario])) {
    const m = results[scenario].machine;
    const sentence =
      `${m.processor}, ${m.cores} cores, ${Math.round(m.memory_mb / 1024)} GB, Linux ${m.kernel}, data on ${m.file_system}, ` +
      `Node ${m.node}; commit ${m.commit}, ${m.day}.${m.is_quick ? " A quick run, not a measurement." : ""}`;
    all.set(sentence, [...(all.get(sentence) ?? []), scenario]);
  }
  return [...all].map(([sentence, names]) => (all.size === 1 ? sentence : `- ${names.join(", ")}: ${sentence}`)).join("\n");
}

/** Replaces the text between the markers of one name; the rest of the document is written by hand. */
function put(document, name, text) {
  const [start, end] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
  const [from, to] = [document.indexOf(start), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the document has no ${start} … ${end}`);
  return `${document.slice(0, from)}${start}\n\n${text}\n\n${document.slice(to)}`;
}

const [figures, docs, quick] = process.argv.slice(2);
const results = JSON.parse(readFileSync(figures, "utf8"));
const texts = { machine: machines(results) };
const targets = [["what", "target", "measured", "reached"]];
const plots = {};
console.log(texts.machine);
for (const [scenario, report] of Object.entries(SCENARIOS)) {
  if (!results[scenario]) continue;
  let shown;
  try {
    shown = report(results[scenario].figures);
    shown.tables = shown.tables.filter(({ rows }) => rows.length).map((table) => [table.title, cells(table)]);
  } catch (error) {
    console.log(`\n${scenario}: the saved figures are of an older form, measure again (${error.message})`);
    continue;
  }
  for (const table of shown.tables) console.log(forTerminal(...table));
  texts[scenario] = shown.tables.map((table) => forDocument(...table)).join("\n\n");
  targets.push(...(shown.targets ?? []).filter((target) => target[4] !== undefined).map(targetCells));
  Object.assign(plots, shown.plots);
}
if (targets.length > 1) console.log(forTerminal("Targets", targets));
texts.targets = forDocument("Targets", targets);
if (quick !== "--quick") {
  const file = `${docs}/performance.md`;
  writeFileSync(file, Object.entries(texts).reduce((text, [name, part]) => put(text, name, part), readFileSync(file, "utf8")));
  for (const [plot, of] of Object.entries(plots)) writeFileSync(`${docs}/performance/${plot}.svg`, svg(of));
  if (results.nodes) writeArithmetic(results, `${docs}/self-hosting/scaling.md`, put);
}
