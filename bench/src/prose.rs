//! Messages as people write them, made from a seed: Korean with particles and endings, English, both in
//! one line, sometimes decomposed as some phones send it. The tests of search include this file.

/// A generator of the same numbers for the same seed.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// Returns one of some; the first are more frequent, as words are.
    pub(crate) fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        let (a, b) = (self.below(of.len()), self.below(of.len()));
        of[a.min(b)]
    }
}

#[rustfmt::skip]
pub(crate) const NOUNS: &[&str] = &[
    "오늘", "회의", "김밥", "하늘", "서버", "마당", "사진", "내일", "친구", "점심", "커피", "배포",
    "일정", "주말", "밤하늘", "소풍", "고래", "바다", "여행", "기차", "도서관", "자전거", "휴가",
    "생일", "선물", "노래방", "데이터", "검색", "이름", "가방", "우산", "비밀번호", "운동장",
    "초대장", "고양이", "강아지", "떡볶이", "아이스크림", "꿈", "책", "길",
];
const PARTICLES: &[&str] =
    &["", "을", "를", "이", "가", "은", "는", "에", "에서", "으로", "까지", "부터", "이랑", "한테", "도"];
#[rustfmt::skip]
const VERBS: &[&str] = &[
    "했어요", "갈까요?", "봤습니다", "먹고 싶다", "좋아요!", "만들었는데", "기다려 주세요",
    "끝났어요", "시작합시다", "있나요?", "ㅋㅋㅋ", "보내 드릴게요", "없었죠…",
];
pub(crate) const WORDS: &[&str] = &[
    "the", "meeting", "server", "to", "deploy", "a", "lunch", "and", "photo", "release", "API", "v2", "ticket",
    "garden", "whale", "Tomorrow", "please", "review", "O'Brien", "e-mail", "2026", "10:30", "naïve", "Straße", "C++",
];
const SIGNS: &[&str] = &["!", " :)", " 🎉", "\n다음 줄", "...", " 👍", " (아마도)", " <b>", " \"인용\""];

/// Returns a message.
pub(crate) fn message(chance: &mut Chance) -> String {
    let style = chance.below(10);
    let mut text = String::new();
    for _ in 0..2 + chance.below(8) {
        if !text.is_empty() {
            text.push(' ');
        }
        if style < 6 || (style < 8 && chance.below(2) == 0) {
            text += chance.pick(NOUNS);
            if chance.below(6) == 0 {
                text += chance.pick(NOUNS);
            }
            text += chance.pick(PARTICLES);
        } else {
            text += chance.pick(WORDS);
        }
    }
    if style < 8 {
        text.push(' ');
        text += chance.pick(VERBS);
    }
    if chance.below(4) == 0 {
        text += chance.pick(SIGNS);
    }
    if chance.below(12) == 0 { decomposed(&text) } else { text }
}

/// Returns a text with its Hangul syllables decomposed, as NFD has them.
pub(crate) fn decomposed(text: &str) -> String {
    let mut apart = String::new();
    for c in text.chars() {
        let Some(place) = (c as u32).checked_sub(0xac00).filter(|place| *place < 11_172) else {
            apart.push(c);
            continue;
        };
        let (first, middle, last) = (place / 588, place % 588 / 28, place % 28);
        let parts = [0x1100 + first, 0x1161 + middle, 0x11a7 + last];
        apart.extend(parts.iter().take(2 + usize::from(last > 0)).filter_map(|&part| char::from_u32(part)));
    }
    apart
}

/// Returns a query: a word of the lists, two of them, or a part of a text.
pub(crate) fn query(chance: &mut Chance) -> String {
    match chance.below(8) {
        0..3 => chance.pick(NOUNS).to_owned(),
        3 => format!("{}{}", chance.pick(NOUNS), chance.pick(PARTICLES)),
        4 => chance.pick(WORDS).to_owned(),
        5 => format!("{} {}", chance.pick(NOUNS), chance.pick(NOUNS)),
        6 => part(chance),
        _ => decomposed(chance.pick(NOUNS)),
    }
}

/// Returns two to five syllables of a message, across the ends of words.
fn part(chance: &mut Chance) -> String {
    let text = message(chance);
    let syllables: Vec<char> = text.chars().filter(|c| ('가'..='힣').contains(c)).collect();
    let length = 2 + chance.below(4);
    let from = chance.below(syllables.len().saturating_sub(length));
    let part: String = syllables.into_iter().skip(from).take(length).collect();
    if part.chars().count() < 2 { "하늘".to_owned() } else { part }
}
