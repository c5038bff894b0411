// Measures how long the server takes to start and what it takes when idle, with everything on that needs no other server:
//   node scripts/measure_start.mjs [program] [times]
// HTTPS with a certificate from files (openssl makes it), metrics, the access log, mail, link previews, push, encrypted backups every day.
// The first start makes the database and a backup, so the others show the idle server. Start is the time from the start of the program
// to its line "ready"; memory is the resident set five seconds later.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

const program = resolve(process.argv[2] ?? "target/release/madang");
const times = Number(process.argv[3] ?? 5);
const IDLE_MS = 5_000;
const settings = {
  ACCESS_LOG: "on",
  BACKUP_EVERY: "24h",
  BACKUP_PASSPHRASE: "a passphrase of many words",
  LINK_PREVIEWS: "on",
  METRICS_TOKEN: "0123456789abcdef",
  SMTP_URL: "smtp://127.0.0.1:9",
  RUST_LOG: "warn",
};

/** Starts the program once on a folder, and returns what it took. */
async function measure(folder) {
  const begin = performance.now();
  const args = ["serve", "--bind", "127.0.0.1", "--port", "0", "--data-dir", folder];
  const server = spawn(program, args, { cwd: folder, env: { ...process.env, ...settings }, stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface({ input: server.stdout })) if (line.startsWith("Madang is ready")) break;
  const start = performance.now() - begin;
  await sleep(IDLE_MS);
  const status = await readFile(`/proc/${server.pid}/status`, "utf8");
  const memory = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
  const exited = once(server, "exit");
  server.kill("SIGTERM");
  await exited;
  return { start, memory };
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const folder = await mkdtemp(join(tmpdir(), "madang-start-"));
try {
  [settings.TLS_CERT, settings.TLS_KEY] = [join(folder, "certificate.pem"), join(folder, "key.pem")];
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", settings.TLS_KEY];
  const certificate = ["-x509", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "1", "-out", settings.TLS_CERT];
  execFileSync("openssl", ["req", ...key, ...certificate], { stdio: "ignore" });
  // The first start makes the database.
  const first = await measure(folder);
  const runs = [];
  for (let run = 0; run < times; run += 1) runs.push(await measure(folder));
  const of = (name) => median(runs.map((run) => run[name]));
  console.log(`first start ${first.start.toFixed(0)} ms; of ${times}: start ${of("start").toFixed(0)} ms, idle ${of("memory").toFixed(1)} MiB`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
