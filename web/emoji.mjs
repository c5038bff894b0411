// The emoji of the picker with their names and search words in both languages, as one small file.
import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** Newer ones are boxes on many systems. */
const NEWEST_VERSION = 15;
/** Parts of emoji, such as skin tones alone. */
const COMPONENTS = 2;

/** Returns the file: the names of the groups, and for each emoji its group, its names, and its words. */
export async function emoji(web) {
  const read = async (path) => JSON.parse(await readFile(join(web, "node_modules/emojibase-data", path), "utf8"));
  const [ko, en, codes, koTexts, enTexts] = await Promise.all(
    ["ko/data.json", "en/data.json", "en/shortcodes/emojibase.json", "ko/messages.json", "en/messages.json"].map(read),
  );
  const english = new Map(en.map((one) => [one.hexcode, one]));
  const named = ({ groups }) => groups.filter(({ order }) => order !== COMPONENTS).map(({ message }) => message);
  const isShown = ({ group, version }) => group !== undefined && group !== COMPONENTS && version <= NEWEST_VERSION;
  const list = ko.filter(isShown).sort((one, other) => one.order - other.order).map((one) => {
    const other = english.get(one.hexcode);
    const short = [codes[one.hexcode] ?? []].flat();
    const words = [...(one.tags ?? []), ...(other.tags ?? [])].filter((word) => !short.includes(word));
    const group = one.group > COMPONENTS ? one.group - 1 : one.group;
    // The selector of the look is only needed where the look would be that of text.
    const sign = one.emoji.replace(/^(\p{Emoji_Presentation})\ufe0f$/u, "$1");
    return [sign, group, one.label, other.label, short.join(" "), words.join(" ")];
  });
  return JSON.stringify({ groups: { ko: named(koTexts), en: named(enTexts) }, list });
}
