// Runs Lighthouse, which npx fetches when it is asked for: no test needs it. LIGHTHOUSE names an installed one.
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const VERSION = "12.8.2";
const [command, ...before] = process.env.LIGHTHOUSE && process.env.LIGHTHOUSE !== "on" ? [process.env.LIGHTHOUSE] : ["npx", "--yes", `lighthouse@${VERSION}`];

/** Returns the four scores of a page, from 0 to 100. Rooms are kept from search engines on purpose, so that is not scored. */
export async function lighthouse(url, { isDesktop, cookie }) {
  const options = [
    "--output=json",
    "--quiet",
    "--chrome-flags=--headless=new --no-sandbox --disable-gpu",
    "--only-categories=performance,accessibility,best-practices,seo",
    "--skip-audits=is-crawlable,robots-txt",
    ...(isDesktop ? ["--preset=desktop"] : []),
    ...(cookie ? [`--extra-headers=${JSON.stringify({ Cookie: cookie })}`] : []),
  ];
  const env = { ...process.env, CHROME_PATH: process.env.CHROMIUM ?? "/usr/bin/chromium-headless-shell" };
  const { stdout } = await promisify(execFile)(command, [...before, url, ...options], { env, maxBuffer: 64 << 20 });
  const { categories, audits } = JSON.parse(stdout);
  const scores = ["performance", "accessibility", "best-practices", "seo"].map((name) => Math.round(categories[name].score * 100));
  const lost = Object.values(audits).filter(({ score, scoreDisplayMode }) => scoreDisplayMode === "binary" && score === 0).map(({ id }) => id);
  return { scores, lost };
}
