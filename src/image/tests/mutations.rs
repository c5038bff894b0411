//! Randomly corrupted files: each gets an answer, never a panic.

use proptest::prelude::*;

// Without the panic guard, so that a panic of a decoder fails the test.
use super::super::{Limits, remake_or_panic as remake};
use super::{check, make};

/// Small, so that a corrupted size that is accepted costs little.
fn limits() -> Limits {
    Limits {
        side: 512,
        pixels: 200_000,
        frames: 20,
        frames_pixels: 400_000,
        bytes: 1 << 20,
        thumbnail_side: 32,
        ..Limits::default()
    }
}

fn files() -> Vec<Vec<u8>> {
    let mut photo = Vec::new();
    image::DynamicImage::from(make::noise(40, 30))
        .into_rgb16()
        .write_to(&mut std::io::Cursor::new(&mut photo), image::ImageFormat::Png)
        .unwrap();
    vec![
        make::png(make::drawing(48, 40)),
        photo,
        make::with_chunk(&make::png(make::sticker(40)), b"eXIf", &make::exif(8)),
        make::jpeg(&make::noise(40, 30), Some(&make::exif(5)), Some(&make::profile(b"RGB ", 500))),
        make::gif(20, 20, gif::Repeat::Finite(2), &[make::gif_frame(20, 20, 0, 5), make::gif_frame(7, 9, 1, 0)]),
        make::webp(&make::sticker(40)),
        make::animated_webp(&[(make::sticker(20), 50), (make::sticker(20), 9)], 2, true),
        make::animated_webp(
            &[(image::DynamicImage::from(make::noise(20, 20)).into(), 50), (make::sticker(20), 9)],
            0,
            false,
        ),
    ]
}

#[derive(Clone, Debug)]
enum Bend {
    Set(prop::sample::Index, u8),
    Flip(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Remove(prop::sample::Index, usize),
    Repeat(prop::sample::Index, usize),
    Insert(prop::sample::Index, Vec<u8>),
}

fn bend() -> impl Strategy<Value = Bend> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        6 => (at(), any::<u8>()).prop_map(|(at, byte)| Bend::Set(at, byte)),
        6 => (at(), 0..8_u8).prop_map(|(at, bit)| Bend::Flip(at, bit)),
        1 => at().prop_map(Bend::Cut),
        2 => (at(), 1..40_usize).prop_map(|(at, length)| Bend::Remove(at, length)),
        2 => (at(), 1..200_usize).prop_map(|(at, length)| Bend::Repeat(at, length)),
        2 => (at(), prop::collection::vec(any::<u8>(), 1..20)).prop_map(|(at, bytes)| Bend::Insert(at, bytes)),
    ]
}

fn apply(file: &mut Vec<u8>, bend: Bend) {
    if file.is_empty() {
        return;
    }
    let span = |at: usize, length: usize, file: &[u8]| at..(at + length).min(file.len());
    match bend {
        Bend::Set(at, byte) => *at.get_mut(file) = byte,
        Bend::Flip(at, bit) => *at.get_mut(file) ^= 1 << bit,
        Bend::Cut(at) => file.truncate(at.index(file.len())),
        Bend::Remove(at, length) => {
            file.drain(span(at.index(file.len()), length, file));
        }
        Bend::Repeat(at, length) => file.extend_from_within(span(at.index(file.len()), length, file)),
        Bend::Insert(at, bytes) => {
            let at = at.index(file.len());
            file.splice(at..at, bytes);
        }
    }
}

/// Corrects the checksums, which would otherwise keep most corrupted PNG bytes from the decoders.
fn mend_checksums(file: &mut [u8]) {
    let mut at = 8;
    while let Some(&[a, b, c, d]) = file.get(at..at + 4).and_then(|length| <&[u8; 4]>::try_from(length).ok()) {
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        let Some(chunk) = file.get(at + 4..).and_then(|rest| rest.get(..length.saturating_add(4))) else { return };
        let checksum = make::crc(chunk).to_be_bytes();
        let Some(place) = file.get_mut(at + 8 + length..at + 12 + length) else { return };
        place.copy_from_slice(&checksum);
        at += 12 + length;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Abuse: U4
    #[test]
    fn bent_files_never_panic_nor_exceed_limits(
        which in any::<prop::sample::Index>(),
        bends in prop::collection::vec(bend(), 1..6),
        mend in any::<bool>(),
    ) {
        let mut file = which.get(&files()).clone();
        for bend in bends {
            apply(&mut file, bend);
        }
        if mend && file.starts_with(b"\x89PNG") {
            mend_checksums(&mut file);
        }
        if let Ok(picture) = remake(&file, &limits()) {
            check(&picture, &limits());
        }
    }

    /// Abuse: U4
    #[test]
    fn noise_behind_a_signature_is_answered(
        head in prop::sample::select(vec![&b"\x89PNG\r\n\x1A\n"[..], b"\xFF\xD8\xFF", b"GIF89a", b"RIFF\xFF\0\0\0WEBPVP8X"]),
        noise in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        let file = [head, &noise].concat();
        if let Ok(picture) = remake(&file, &limits()) {
            check(&picture, &limits());
        }
    }
}
