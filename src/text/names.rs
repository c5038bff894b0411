//! Friendly names for those who walk in without giving one.

/// A two-word name chosen by the seed: "파란 고래", "Blue Whale".
pub fn friendly_name(is_korean: bool, seed: u128) -> String {
    let (adjectives, animals) = if is_korean { (ADJECTIVES_KO, ANIMALS_KO) } else { (ADJECTIVES_EN, ANIMALS_EN) };
    let adjective = adjectives[(seed % adjectives.len() as u128) as usize];
    let animal = animals[(seed / adjectives.len() as u128 % animals.len() as u128) as usize];
    format!("{adjective} {animal}")
}

const ADJECTIVES_KO: [&str; 32] = [
    "파란",
    "하얀",
    "붉은",
    "노란",
    "푸른",
    "작은",
    "커다란",
    "빠른",
    "느긋한",
    "용감한",
    "조용한",
    "명랑한",
    "다정한",
    "씩씩한",
    "졸린",
    "반짝이는",
    "춤추는",
    "노래하는",
    "날쌘",
    "포근한",
    "상냥한",
    "엉뚱한",
    "슬기로운",
    "신나는",
    "수줍은",
    "배부른",
    "든든한",
    "재빠른",
    "느린",
    "따뜻한",
    "시원한",
    "즐거운",
];

const ANIMALS_KO: [&str; 32] = [
    "고래",
    "호랑이",
    "여우",
    "토끼",
    "수달",
    "너구리",
    "부엉이",
    "제비",
    "까치",
    "참새",
    "두루미",
    "사슴",
    "노루",
    "다람쥐",
    "고양이",
    "강아지",
    "곰",
    "판다",
    "펭귄",
    "돌고래",
    "거북이",
    "나비",
    "꿀벌",
    "개구리",
    "도롱뇽",
    "고슴도치",
    "두더지",
    "오리",
    "거위",
    "기린",
    "코끼리",
    "코알라",
];

const ADJECTIVES_EN: [&str; 32] = [
    "Blue",
    "White",
    "Red",
    "Golden",
    "Green",
    "Little",
    "Mighty",
    "Swift",
    "Calm",
    "Brave",
    "Quiet",
    "Merry",
    "Kind",
    "Bold",
    "Sleepy",
    "Sparkling",
    "Dancing",
    "Singing",
    "Nimble",
    "Cozy",
    "Gentle",
    "Curious",
    "Clever",
    "Jolly",
    "Shy",
    "Lucky",
    "Steady",
    "Speedy",
    "Lazy",
    "Warm",
    "Cool",
    "Happy",
];

const ANIMALS_EN: [&str; 32] = [
    "Whale",
    "Tiger",
    "Fox",
    "Rabbit",
    "Otter",
    "Raccoon",
    "Owl",
    "Swallow",
    "Magpie",
    "Sparrow",
    "Crane",
    "Deer",
    "Elk",
    "Squirrel",
    "Cat",
    "Puppy",
    "Bear",
    "Panda",
    "Penguin",
    "Dolphin",
    "Turtle",
    "Butterfly",
    "Bee",
    "Frog",
    "Newt",
    "Hedgehog",
    "Mole",
    "Duck",
    "Goose",
    "Giraffe",
    "Elephant",
    "Koala",
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn there_are_a_thousand_names_in_each_language() {
        assert_eq!(friendly_name(true, 0), "파란 고래");
        assert_eq!(friendly_name(false, 0), "Blue Whale");
        for is_korean in [true, false] {
            assert_eq!((0..1_024).map(|seed| friendly_name(is_korean, seed)).collect::<HashSet<_>>().len(), 1_024);
        }
        friendly_name(true, u128::MAX);
    }
}
