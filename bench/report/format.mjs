// How figures are written.

/** A number with as many digits as are read. */
export function number(value) {
  if (value === undefined || value === null) return "";
  if (typeof value !== "number") return String(value);
  const digits = Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0;
  return value.toLocaleString("en-US", { maximumFractionDigits: Number.isInteger(value) ? 0 : digits });
}

export const megabytes = (bytes) => bytes / 1024 ** 2;
export const times = (factor) => (factor === undefined ? "" : `${number(factor)} ×`);
export const pair = (summary) => (summary ? `${number(summary.p50)}; ${number(summary.p99)}` : "");
export const yes = (is) => (is ? "yes" : "no");
