//! Korean that follows a name or an address without a space.

const PARTICLES: [&str; 60] = [
    "을",
    "를",
    "이",
    "가",
    "은",
    "는",
    "에",
    "의",
    "로",
    "으로",
    "와",
    "과",
    "도",
    "만",
    "랑",
    "이랑",
    "나",
    "이나",
    "에서",
    "에서는",
    "에서도",
    "에도",
    "에는",
    "에만",
    "에게",
    "에서만",
    "까지",
    "부터",
    "처럼",
    "보다",
    "라고",
    "이라고",
    "라는",
    "이라는",
    "인데",
    "로는",
    "로도",
    "으로는",
    "이란",
    "란",
    "하고",
    "한테",
    "께",
    "께서",
    "든",
    "이든",
    "야",
    "이야",
    "님",
    "님들",
    "들",
    "들아",
    "아",
    "쪽",
    "등",
    "및",
    "고",
    "이고",
    "며",
    "이며",
];
/// The last syllables of sentences.
const SENTENCE_ENDS: [char; 8] = ['요', '다', '까', '죠', '네', '임', '음', '함'];

/// Whether the Korean at the beginning of a text is a particle or the end of a sentence, and not a part of a name such
/// as `C언어`. It may also be missing.
pub(crate) fn may_follow(text: &str) -> bool {
    let run = text.split(|c| !is_hangul(c) || is_lone_jamo(c)).next().unwrap_or_default();
    run.is_empty() || PARTICLES.contains(&run) || run.ends_with(SENTENCE_ENDS)
}

pub(super) fn is_hangul(c: char) -> bool {
    is_lone_jamo(c) || ('가'..='힣').contains(&c)
}

/// Whether a character is a lone letter of Hangul: people laugh and cry with them, and no address has them.
pub(super) fn is_lone_jamo(c: char) -> bool {
    ('\u{3131}'..='\u{318e}').contains(&c)
}
