import assert from "node:assert/strict";
import AxeBuilder from "@axe-core/playwright";

/** Checks all rules in the light scheme, and contrast in the dark one: nothing else depends on it. */
export async function hasNoBarrier(page) {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    const axe = new AxeBuilder({ page }).setLegacyMode(true).options({ preload: false });
    if (colorScheme === "dark") axe.withRules(["color-contrast"]);
    const { violations } = await axe.analyze();
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join("\n")}`);
    assert.deepEqual(found, [], `${page.url()} ${colorScheme}`);
  }
}
