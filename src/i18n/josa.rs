//! Josa: Korean particles whose form depends on the last sound of the word before them: 마당이, but
//! 고래가.

/// A pair of particles, named by its form after a consonant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Particle {
    /// 이/가, the subject.
    I,
    /// 을/를, the object.
    Eul,
    /// 은/는, the topic.
    Eun,
    /// 으로/로, the way or the outcome; after ㄹ it is 로.
    Euro,
    /// 과/와, "and".
    Gwa,
}

/// The last sound of a word.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    Vowel,
    Rieul,
    Consonant,
}

/// Returns the particle that fits `word`. When the sound is unknown (an emoji, another script), it
/// returns both forms, as is usual in Korean: 이(가).
pub fn josa(word: &str, particle: Particle) -> &'static str {
    let Some(ending) = ending(word) else {
        return match particle {
            Particle::I => "이(가)",
            Particle::Eul => "을(를)",
            Particle::Eun => "은(는)",
            Particle::Euro => "(으)로",
            Particle::Gwa => "과(와)",
        };
    };
    let closed = ending != Ending::Vowel;
    match particle {
        Particle::I => pick(closed, "이", "가"),
        Particle::Eul => pick(closed, "을", "를"),
        Particle::Eun => pick(closed, "은", "는"),
        Particle::Gwa => pick(closed, "과", "와"),
        Particle::Euro => pick(ending == Ending::Consonant, "으로", "로"),
    }
}

fn pick(closed: bool, after_consonant: &'static str, after_vowel: &'static str) -> &'static str {
    if closed { after_consonant } else { after_vowel }
}

fn ending(word: &str) -> Option<Ending> {
    // Brackets, quotes and other punctuation are not spoken.
    let mut spoken = word.chars().rev().skip_while(|c| !c.is_alphanumeric());
    let last = spoken.next()?;
    match last {
        '가'..='힣' => Some(match (last as u32 - '가' as u32) % 28 {
            0 => Ending::Vowel,
            8 => Ending::Rieul,
            _ => Ending::Consonant,
        }),
        // 영 일 이 삼 사 오 육 칠 팔 구
        '1' | '7' | '8' => Some(Ending::Rieul),
        '0' | '3' | '6' => Some(Ending::Consonant),
        '2' | '4' | '5' | '9' => Some(Ending::Vowel),
        'a'..='z' | 'A'..='Z' => Some(latin(last.to_ascii_lowercase(), spoken.next())),
        _ => None,
    }
}

/// Returns how a Latin word ends when it is read aloud in Korean: Tom is 톰, Slack 슬랙, but Mark 마크.
fn latin(last: char, before: Option<char>) -> Ending {
    let before = before.filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_lowercase());
    match (last, before) {
        ('l', _) | ('r', None) => Ending::Rieul,
        ('m' | 'n', _) | ('g', Some('n')) | ('k', Some('c')) => Ending::Consonant,
        ('b' | 'c' | 'k' | 'p' | 't', Some('a' | 'e' | 'i' | 'o' | 'u')) => Ending::Consonant,
        _ => Ending::Vowel,
    }
}

#[cfg(test)]
mod tests {
    use super::{Particle::*, josa};

    #[test]
    fn the_particle_follows_the_last_sound() {
        for (word, particle, expected) in [
            ("고래", I, "가"),
            ("마당", I, "이"),
            ("마당", Eul, "을"),
            ("고래", Eun, "는"),
            ("서울", Euro, "로"),
            ("마당", Euro, "으로"),
            ("고래", Euro, "로"),
            ("방 1", Euro, "로"),
            ("방 3", Euro, "으로"),
            ("방 2", Gwa, "와"),
            ("「마당」", I, "이"),
            ("Slack", I, "이"),
            ("Mark", I, "가"),
            ("Tom", Eul, "을"),
            ("Seoul", Euro, "로"),
            ("Building", Eun, "은"),
            ("R", Euro, "로"),
            ("🐳", I, "이(가)"),
            ("", Euro, "(으)로"),
            ("東京", Eul, "을(를)"),
        ] {
            assert_eq!(josa(word, particle), expected, "{word}");
        }
    }
}
