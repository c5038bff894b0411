//! The colours of users: one of 64 hues, a pure function of the id.

use crate::ids::UserId;

/// The 64 hues, evenly round the OKLCH circle at lightness 0.62 and chroma 0.13 (a little less
/// where sRGB ends before): each has a contrast of at least 3:1 on our light and dark backgrounds.
/// The stylesheet has them as the classes `hue-0` to `hue-63`.
pub const COLORS: [&str; 64] = [
    "#c46183", "#c6617b", "#c76172", "#c8626a", "#c86361", "#c86459", "#c86650", "#c76747", "#c56a3e", "#c36c35",
    "#c06f2b", "#bd7221", "#b97516", "#b57808", "#af7b04", "#aa7e01", "#a48203", "#9e8502", "#978802", "#908b0c",
    "#888d19", "#7f9024", "#76932e", "#6d9538", "#629742", "#57994b", "#4b9b54", "#3d9c5d", "#2c9d66", "#139e6f",
    "#039d79", "#039d81", "#039c89", "#069b8f", "#059a96", "#04999c", "#0498a2", "#0497a7", "#0696ad", "#0395b4",
    "#0394bb", "#0292c2", "#1290c9", "#2b8ecd", "#3b8bd0", "#4889d2", "#5486d3", "#5e83d4", "#6880d4", "#717ed3",
    "#7a7bd2", "#8278d0", "#8976cd", "#9073ca", "#9771c5", "#9d6ec1", "#a36cbc", "#a96ab6", "#ae68b0", "#b366a9",
    "#b765a2", "#bb649a", "#be6393", "#c1628b",
];

/// Returns which of the 64 hues a user has: in the pages the class `hue-N`.
pub fn hue(id: UserId) -> u8 {
    // Fibonacci hashing spreads neighbouring ids over the circle; the top six bits choose.
    ((id.as_u128() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58) as u8
}

/// Returns a user's colour as `#rrggbb`.
pub fn color(id: UserId) -> &'static str {
    COLORS[usize::from(hue(id))]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance as WCAG defines it.
    fn luminance(color: &str) -> f64 {
        let channel = |at: usize| {
            let value = f64::from(u8::from_str_radix(&color[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    }

    fn contrast(one: &str, other: &str) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn every_hue_is_readable_on_light_and_dark() {
        for color in COLORS {
            assert!(contrast(color, "#ffffff") >= 3.0, "{color} on white");
            assert!(contrast(color, "#1b1a17") >= 3.0, "{color} on dark");
        }
    }

    #[test]
    fn users_spread_over_the_circle() {
        let mut seen = [0; 64];
        (0..6_400).for_each(|_| seen[usize::from(hue(UserId::new(0)))] += 1);
        assert!(seen.iter().all(|&count| count > 40), "{seen:?}");
    }
}
