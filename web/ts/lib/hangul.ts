// Finds names by their beginning, also while a syllable is being composed: 파ㄹ and 팔 find 파란, and
// so do the initial consonants ㅍㄹ.

const FIRST = [..."ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"];
const MIDDLE = ["ㅏ", "ㅐ", "ㅑ", "ㅒ", "ㅓ", "ㅔ", "ㅕ", "ㅖ", "ㅗ", "ㅗㅏ", "ㅗㅐ", "ㅗㅣ", "ㅛ", "ㅜ", "ㅜㅓ", "ㅜㅔ", "ㅜㅣ", "ㅠ", "ㅡ", "ㅡㅣ", "ㅣ"];
const LAST = [
  ...["", "ㄱ", "ㄲ", "ㄱㅅ", "ㄴ", "ㄴㅈ", "ㄴㅎ", "ㄷ", "ㄹ", "ㄹㄱ", "ㄹㅁ", "ㄹㅂ", "ㄹㅅ", "ㄹㅌ", "ㄹㅍ", "ㄹㅎ"],
  ...["ㅁ", "ㅂ", "ㅂㅅ", "ㅅ", "ㅆ", "ㅇ", "ㅈ", "ㅊ", "ㅋ", "ㅌ", "ㅍ", "ㅎ"],
];
const BASE = 0xac00;
const COUNT = 11172;

/** Returns whether `typed` begins a word of `name`, by letters or by initial consonants. */
export function matchesName(typed: string, name: string): boolean {
  const wanted = letters(typed);
  const words = name.split(/\s+/).map((_, at, all) => all.slice(at).join(" "));
  if (words.some((rest) => letters(rest).startsWith(wanted))) return true;
  return /^[ㄱ-ㅎ\s]+$/.test(typed) && initials(name).includes(initials(typed));
}

function letters(text: string): string {
  return map(text, (first, middle, last) => `${FIRST[first]}${MIDDLE[middle]}${LAST[last]}`);
}

function initials(text: string): string {
  return map(text, (first) => FIRST[first] ?? "").replace(/\s+/g, "");
}

function map(text: string, convert: (first: number, middle: number, last: number) => string): string {
  let mapped = "";
  for (const letter of text.normalize("NFC").toLowerCase()) {
    const place = letter.charCodeAt(0) - BASE;
    mapped += place >= 0 && place < COUNT ? convert(Math.floor(place / 588), Math.floor((place % 588) / 28), place % 28) : letter;
  }
  return mapped;
}
