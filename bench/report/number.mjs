/** A number with as many digits as are read. */
export function number(value) {
  if (value === undefined || value === null) return "";
  if (typeof value !== "number") return String(value);
  const digits = Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0;
  return value.toLocaleString("en-US", { maximumFractionDigits: Number.isInteger(value) ? 0 : digits });
}
