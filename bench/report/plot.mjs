// Plots as SVG.
const WIDTH = 720;
const HEIGHT = 394;
const LEFT = 70;
const RIGHT = WIDTH - 20;
const TOP = 58;
// The axis; its labels and the names of the lines are below.
const BOTTOM = HEIGHT - 84;
const LIGHT = ["#c2410c", "#64748b", "#1d4ed8", "#15803d", "#7e22ce", "#a16207"];
const DARK = ["#fb923c", "#94a3b8", "#60a5fa", "#4ade80", "#c084fc", "#facc15"];

/** A plot as SVG, readable on light and on dark backgrounds. Sizes are logarithmic. */
export function svg({ title, across, up, isLog, lines, x, y }) {
  const all = new Map();
  for (const { rows, name } of lines) {
    for (const row of rows) all.set(name(row), [...(all.get(name(row)) ?? []), [x(row), y(row)]]);
  }
  const points = [...all.values()].flat();
  const sizes = [...new Set(points.map(([size]) => size))].sort((a, b) => a - b);
  const span = Math.log(sizes.at(-1) / sizes[0]) || 1;
  const left = (size) => LEFT + (Math.log(size / sizes[0]) / span) * (RIGHT - LEFT);
  const power = (value) => 10 ** Math.floor(Math.log10(value));
  const most = Math.max(...points.map(([, value]) => value));
  const least = power(Math.max(Math.min(...points.map(([, value]) => value)), 1e-3));
  const step = most / power(most) < 5 ? power(most) / 2 : power(most);
  const count = Math.ceil(isLog ? Math.log10(most / least) : most / step);
  const ticks = Array.from({ length: count + 1 }, (_, tick) => (isLog ? least * 10 ** tick : tick * step));
  const part = (value) => (isLog ? Math.log(value / least) / Math.log(ticks.at(-1) / least) : value / ticks.at(-1));
  const height = (value) => BOTTOM - Math.max(part(value), 0) * (BOTTOM - TOP);
  const colours = (list) => list.map((c, at) => `polyline.c${at}{stroke:${c}}circle.c${at}{fill:${c}}`).join("");
  const text = (at, y, kind, value) => `<text x="${at.toFixed(1)}" y="${y.toFixed(1)}" class="${kind}">${escape(value)}</text>`;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escape(title)}">`,
    "<style>text{font:12px system-ui,sans-serif;fill:#333}.t{font-size:15px;font-weight:600}.m{text-anchor:middle}.e{text-anchor:end}",
    `.g{stroke:#ddd}.b{fill:#fff}polyline{fill:none;stroke-width:2}${colours(LIGHT)}`,
    `@media(prefers-color-scheme:dark){text{fill:#ddd}.g{stroke:#444}.b{fill:#16181c}${colours(DARK)}}</style>`,
    `<rect class="b" width="${WIDTH}" height="${HEIGHT}"/>`,
    text(12, 20, "t", title),
    text(12, 40, "u", up),
  ];
  for (const tick of ticks) {
    const at = height(tick).toFixed(1);
    parts.push(`<line class="g" x1="${LEFT}" y1="${at}" x2="${RIGHT}" y2="${at}"/>`, text(LEFT - 8, height(tick) + 4, "e", short(tick)));
  }
  parts.push(...sizes.map((size) => text(left(size), BOTTOM + 18, "m", short(size))));
  parts.push(text((LEFT + RIGHT) / 2, BOTTOM + 38, "m", across));
  [...all].forEach(([label, own], at) => {
    const colour = `c${at % LIGHT.length}`;
    const places = own.map(([size, value]) => [left(size).toFixed(1), height(value).toFixed(1)]);
    parts.push(`<polyline class="${colour}" points="${places.map((place) => place.join()).join(" ")}"/>`);
    places.forEach(([cx, cy], point) => {
      const hint = `<title>${escape(label)}: ${short(own[point][1])}</title>`;
      parts.push(`<circle class="${colour}" cx="${cx}" cy="${cy}" r="3.5">${hint}</circle>`);
    });
    const [nameLeft, nameTop] = [LEFT + (at % 3) * 215, HEIGHT - 30 + Math.floor(at / 3) * 18];
    parts.push(`<circle class="${colour}" cx="${nameLeft}" cy="${nameTop - 4}" r="4"/>`, text(nameLeft + 9, nameTop, "n", label));
  });
  return `${parts.join("\n")}\n</svg>\n`;
}

const escape = (value) => value.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

/** A number as an axis has it. */
const short = (value) => new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 3 }).format(value);
