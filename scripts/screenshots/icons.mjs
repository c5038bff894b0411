// Draws the icons of the installed app into web/icons, after a change of the mark.
//   node scripts/screenshots/icons.mjs
import { fileURLToPath } from "node:url";
import { launch } from "../../e2e/support/setup.mjs";

const PAPER = "#faf7f0";
/** Name, side, how much of it the mark fills, and the radius of the corners. Systems cut a maskable icon themselves. */
const ICONS = [
  ["icon-192", 192, 0.62, 0.22],
  ["icon-512", 512, 0.62, 0.22],
  ["icon-maskable-512", 512, 0.5, 0],
  ["apple-touch-icon", 180, 0.6, 0],
];

/** The mark in the middle of a sheet of paper. */
function drawing(fill, radius) {
  const side = 24 / fill;
  const from = (24 - side) / 2;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="100%" viewBox="${from} ${from} ${side} ${side}" fill="none" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">
<rect x="${from}" y="${from}" width="${side}" height="${side}" rx="${side * radius}" fill="${PAPER}"/>
<path stroke="#2b2a27" d="M9 20.5H5.5a2 2 0 0 1-2-2v-13a2 2 0 0 1 2-2h13a2 2 0 0 1 2 2v13a2 2 0 0 1-2 2H15"/><circle cx="12" cy="13.5" r="2.8" fill="#3f9678"/></svg>`;
}

const browser = await launch();
try {
  for (const [name, side, fill, radius] of ICONS) {
    const page = await browser.newPage({ viewport: { width: side, height: side } });
    await page.setContent(`<body style="margin:0;background:none">${drawing(fill, radius)}`);
    await page.screenshot({ path: fileURLToPath(new URL(`../../web/icons/${name}.png`, import.meta.url)), omitBackground: true });
    await page.close();
  }
} finally {
  await browser.close();
}
