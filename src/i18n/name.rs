//! Friendly default names for new users: 파란 고래, Blue Whale.

use super::Lang;

const KO: ([&str; 16], [&str; 32]) = (
    [
        "파란",
        "푸른",
        "하얀",
        "노란",
        "빨간",
        "까만",
        "작은",
        "조용한",
        "느긋한",
        "반가운",
        "다정한",
        "씩씩한",
        "졸린",
        "빠른",
        "따뜻한",
        "맑은",
    ],
    [
        "고래",
        "여우",
        "참새",
        "너구리",
        "수달",
        "사슴",
        "토끼",
        "호랑이",
        "까치",
        "고양이",
        "강아지",
        "두루미",
        "거북이",
        "다람쥐",
        "고슴도치",
        "부엉이",
        "오리",
        "나비",
        "잠자리",
        "물개",
        "펭귄",
        "곰",
        "늑대",
        "염소",
        "망아지",
        "제비",
        "반달곰",
        "해달",
        "두더지",
        "개구리",
        "돌고래",
        "백조",
    ],
);

const EN: ([&str; 16], [&str; 32]) = (
    [
        "Blue", "Green", "White", "Amber", "Red", "Silver", "Small", "Quiet", "Gentle", "Merry", "Kind", "Brave",
        "Sleepy", "Swift", "Warm", "Clear",
    ],
    [
        "Whale",
        "Fox",
        "Sparrow",
        "Raccoon",
        "Otter",
        "Deer",
        "Rabbit",
        "Tiger",
        "Magpie",
        "Cat",
        "Puppy",
        "Crane",
        "Turtle",
        "Squirrel",
        "Hedgehog",
        "Owl",
        "Duck",
        "Butterfly",
        "Dragonfly",
        "Seal",
        "Penguin",
        "Bear",
        "Wolf",
        "Goat",
        "Foal",
        "Swallow",
        "Badger",
        "Beaver",
        "Mole",
        "Frog",
        "Dolphin",
        "Swan",
    ],
);

/// Returns a friendly default name.
pub fn any_name(lang: Lang) -> String {
    let mut chance = [0; 8];
    // Without randomness everyone is offered the same name, which is harmless.
    let _ = getrandom::fill(&mut chance);
    friendly_name(lang, u64::from_le_bytes(chance))
}

/// Returns one of 512 two-word names, selected by `chance`. Names need not be unique.
fn friendly_name(lang: Lang, chance: u64) -> String {
    let (kinds, animals) = match lang {
        Lang::Ko => KO,
        Lang::En => EN,
    };
    let (kind, animal) = (chance as usize % kinds.len(), (chance as usize / kinds.len()) % animals.len());
    format!("{} {}", kinds[kind], animals[animal])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_guest_is_a_blue_whale() {
        assert_eq!(friendly_name(Lang::Ko, 0), "파란 고래");
        assert_eq!(friendly_name(Lang::En, 0), "Blue Whale");
        assert_eq!(friendly_name(Lang::En, u64::MAX), "Clear Swan");
    }
}
