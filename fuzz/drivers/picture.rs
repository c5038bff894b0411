//! Pictures: what is accepted keeps the limits, is accepted again, and has nothing but pixels, colours
//! and timing.

use std::sync::LazyLock;

use crate::image::{Limits, Picture, Refused, is_picture, portrait, probe, remake};

/// Small, so that the fuzzer reaches them often and decoding is fast.
static LIMITS: LazyLock<Limits> = LazyLock::new(|| Limits {
    side: 256,
    pixels: 16_384,
    frames: 8,
    frames_pixels: 65_536,
    bytes: 256 * 1_024,
    thumbnail_side: 32,
    portrait_side: 24,
    ..Limits::default()
});

/// Reads a file as a picture.
///
/// # Panics
///
/// If the module breaks a promise.
pub fn picture(data: &[u8]) {
    let square = portrait(data, &LIMITS);
    match remake(data, &LIMITS) {
        Ok(picture) => {
            is_within_limits(&picture);
            is_accepted_again(&picture);
            is_bare(&picture.bytes);
            let square = square.expect("a picture has a portrait");
            is_bare(&square);
        }
        Err(Refused::NotAPicture) => assert!(!is_picture(data) && square == Err(Refused::NotAPicture)),
        Err(_) => assert!(is_picture(data)),
    }
}

fn is_within_limits(picture: &Picture) {
    let Picture { width, height, bytes, thumbnail, placeholder, animated, .. } = picture;
    assert!((1..=LIMITS.side).contains(width) && (1..=LIMITS.side).contains(height));
    assert!(u64::from(*width) * u64::from(*height) <= LIMITS.pixels && bytes.len() <= LIMITS.bytes);
    assert!(placeholder.len() <= 34 && !placeholder.is_empty());
    let is_large = *width.max(height) > LIMITS.thumbnail_side;
    assert_eq!(thumbnail.is_some(), is_large || *animated);
    if let Some(thumbnail) = thumbnail {
        is_bare(&thumbnail.bytes);
        let small = remake(&thumbnail.bytes, &LIMITS).expect("a thumbnail is a picture");
        assert!(small.width.max(small.height) <= LIMITS.thumbnail_side && small.media_type == thumbnail.media_type);
    }
}

fn is_accepted_again(picture: &Picture) {
    let wider = Limits { bytes: 2 * LIMITS.bytes, ..LIMITS.clone() };
    let again = remake(&picture.bytes, &wider).expect("our own picture");
    assert_eq!(
        (again.media_type, again.width, again.height, again.animated),
        (picture.media_type, picture.width, picture.height, picture.animated)
    );
}

/// Checks that nothing is left but the pixels and their description.
fn is_bare(bytes: &[u8]) {
    let parts = match probe::claim(bytes) {
        Some(probe::Claim::Png) => png_chunks(bytes),
        Some(probe::Claim::Jpeg) => jpeg_segments(bytes),
        Some(probe::Claim::Gif) => gif_blocks(bytes),
        other => panic!("{other:?} was written"),
    };
    for part in parts {
        let is_ours = matches!(
            part.as_str(),
            "IHDR"
                | "PLTE"
                | "tRNS"
                | "iCCP"
                | "IDAT"
                | "IEND"
                | "DB"
                | "C0"
                | "C4"
                | "DA"
                | "E0 JFIF"
                | "E2 ICC_PROFILE"
                | "frame"
                | "timing"
                | "NETSCAPE2.0"
        );
        assert!(is_ours, "{part} was written");
    }
}

fn png_chunks(png: &[u8]) -> Vec<String> {
    let (mut chunks, mut rest) = (Vec::new(), &png[8..]);
    while let Some((length, behind)) = rest.split_first_chunk::<4>() {
        chunks.push(String::from_utf8_lossy(&behind[..4]).into_owned());
        rest = &behind[4 + u32::from_be_bytes(*length) as usize + 4..];
    }
    chunks
}

/// Returns the segments up to the first scan, which is the last segment that we write.
fn jpeg_segments(jpeg: &[u8]) -> Vec<String> {
    let (mut segments, mut rest) = (Vec::new(), &jpeg[2..]);
    while let [0xFF, marker, high, low, behind @ ..] = rest {
        let data = &behind[..usize::from(u16::from_be_bytes([*high, *low])) - 2];
        let name = data.split(|&byte| byte == 0).next().unwrap_or_default();
        segments.push(match marker {
            0xE0..=0xEF => format!("{marker:X} {}", String::from_utf8_lossy(name)),
            _ => format!("{marker:X}"),
        });
        if *marker == 0xDA {
            break;
        }
        rest = &behind[data.len()..];
    }
    segments
}

fn gif_blocks(gif: &[u8]) -> Vec<String> {
    let table = |flags: u8| if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) };
    let (mut blocks, mut at) = (Vec::new(), 13 + table(gif[10]));
    loop {
        let (name, sub_blocks) = match gif[at..] {
            [0x3B, ..] => return blocks,
            [0x2C, _, _, _, _, _, _, _, _, flags, ..] => ("frame".to_owned(), at + 10 + table(flags) + 1),
            [0x21, 0xF9, ..] => ("timing".to_owned(), at + 2),
            [0x21, 0xFF, 11, ..] => (String::from_utf8_lossy(&gif[at + 3..at + 14]).into_owned(), at + 2),
            _ => (format!("{:X?}", &gif[at..gif.len().min(at + 2)]), gif.len()),
        };
        blocks.push(name);
        at = sub_blocks;
        while let Some(&length) = gif.get(at).filter(|&&length| length > 0) {
            at += 1 + usize::from(length);
        }
        at += 1;
        if at >= gif.len() {
            return blocks;
        }
    }
}
