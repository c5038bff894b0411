//! Untrusted images and what becomes of them.

mod animations;
mod jpegs;
mod make;
mod mutations;
mod stills;

use image::DynamicImage;

use super::{Limits, Picture, Refused};

fn remake(bytes: &[u8]) -> Result<Picture, Refused> {
    super::remake(bytes, &Limits::default())
}

/// Decodes our output with an independent decoder, and checks what holds for every output.
fn check(picture: &Picture, limits: &Limits) -> DynamicImage {
    let pixels = image::load_from_memory(&picture.bytes).unwrap();
    assert_eq!((pixels.width(), pixels.height()), (picture.width, picture.height));
    assert!(picture.width.max(picture.height) <= limits.side, "{} x {}", picture.width, picture.height);
    assert!(u64::from(picture.width) * u64::from(picture.height) <= limits.pixels);
    assert!(picture.bytes.len() <= limits.bytes);
    assert!((4..=34).contains(&picture.placeholder.len()), "{}", picture.placeholder);
    assert!(matches!(
        (picture.media_type, &picture.bytes[..3]),
        ("image/png", b"\x89PN") | ("image/jpeg", b"\xFF\xD8\xFF") | ("image/gif", b"GIF")
    ));
    let is_large = picture.width.max(picture.height) > limits.thumbnail_side;
    assert_eq!(picture.thumbnail.is_some(), is_large || picture.animated);
    if let Some(thumbnail) = &picture.thumbnail {
        let small = image::load_from_memory(&thumbnail.bytes).unwrap();
        assert!(small.width().max(small.height()) <= limits.thumbnail_side);
    }
    pixels
}

fn good(bytes: &[u8]) -> (Picture, DynamicImage) {
    let picture = remake(bytes).unwrap();
    let pixels = check(&picture, &Limits::default());
    (picture, pixels)
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// Abuse: U1
#[test]
fn the_first_bytes_decide_and_nothing_else_is_a_picture() {
    let others: [&[u8]; 12] = [
        b"",
        b"\x89PNG",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<?xml version='1.0'?><svg/>",
        b"<!DOCTYPE html><script>alert(1)</script>",
        b"%PDF-1.7",
        b"BM\x3A\0\0\0\0\0\0\0",
        b"\0\0\x01\0\x01\0\x10\x10",
        b"8BPS\0\x01",
        b"II\x2A\0\x08\0\0\0",
        b"PK\x03\x04",
        b"RIFF\x24\0\0\0WAVEfmt ",
    ];
    for other in others {
        assert_eq!(remake(other), Err(Refused::NotAPicture), "{}", other.escape_ascii());
    }
    let shifted = [b" ", &make::png(make::drawing(8, 8))[..]].concat();
    assert_eq!(remake(&shifted), Err(Refused::NotAPicture));
}

/// Abuse: U4
#[test]
fn a_file_cut_off_anywhere_is_broken() {
    let red = image::RgbaImage::from_pixel(40, 40, image::Rgba([200, 0, 0, 255]));
    let whole = [
        make::png(make::drawing(64, 64)),
        make::jpeg(&make::drawing(64, 64), Some(&make::exif(6)), None),
        make::gif(16, 16, gif::Repeat::Infinite, &[make::gif_frame(16, 16, 0, 5), make::gif_frame(16, 16, 1, 5)]),
        make::webp(&make::sticker(64)),
        make::animated_webp(&[(red, 50), (make::sticker(40), 50)], 0, true),
    ];
    for file in &whole {
        good(file);
        for tenth in 1..10 {
            let cut = &file[..(file.len() * tenth / 10).max(12)];
            assert_eq!(remake(cut), Err(Refused::Broken), "{tenth}/10 of {}", file[..12].escape_ascii());
        }
        // Browsers show what has everything but its end marker.
        let cut = remake(&file[..file.len() - 1]);
        match file[0] {
            0xFF | b'G' => assert_eq!(cut, remake(file)),
            _ => assert_eq!(cut, Err(Refused::Broken), "{}", file[..12].escape_ascii()),
        }
    }
}

/// Abuse: U1, U4
#[test]
fn what_follows_the_picture_is_gone() {
    let tail = b"<html><script>fetch('/me')</script></html>";
    let files = [
        make::png(make::drawing(32, 32)),
        make::jpeg(&make::drawing(32, 32), None, None),
        make::gif(8, 8, gif::Repeat::Infinite, &[make::gif_frame(8, 8, 0, 5), make::gif_frame(8, 8, 1, 5)]),
        make::webp(&make::sticker(32)),
    ];
    for file in files {
        let (picture, _) = good(&[&file[..], tail].concat());
        assert!(!contains(&picture.bytes, b"script"), "{}", picture.media_type);
        assert_eq!(picture, remake(&file).unwrap());
    }
}

/// Abuse: U2, U3
#[test]
fn every_limit_is_named_when_it_is_met() {
    let limits = Limits {
        side: 100,
        pixels: 6_400,
        frames: 3,
        frames_pixels: 5_000,
        bytes: 2_000,
        thumbnail_side: 64,
        ..Limits::default()
    };
    let refused = |bytes: &[u8]| match super::remake(bytes, &limits) {
        Err(Refused::TooLarge(why)) => why,
        other => panic!("{other:?}"),
    };
    let frames = |count| vec![make::gif_frame(8, 8, 1, 5); count];

    assert!(super::remake(&make::png(make::drawing(80, 80)), &limits).is_ok());
    assert_eq!(refused(&make::png(make::drawing(101, 1))), "a side of the picture is too long");
    assert_eq!(refused(&make::jpeg(&make::drawing(1, 101), None, None)), "a side of the picture is too long");
    assert_eq!(refused(&make::webp(&make::sticker(81))), "the picture has too many pixels");
    let gif = make::gif(8, 8, gif::Repeat::Infinite, &frames(4));
    assert_eq!(refused(&gif), "the animation has too many frames");
    let gif = make::gif(60, 60, gif::Repeat::Infinite, &frames(2));
    assert_eq!(refused(&gif), "the animation has too many pixels in all its frames");
    let webp = make::animated_webp(&[(make::sticker(41), 50), (make::sticker(41), 50)], 0, true);
    assert_eq!(refused(&webp), "the animation has too many pixels");
    assert_eq!(refused(&make::png(make::noise(80, 80))), "the picture takes too many bytes when it is encoded again");
}

/// Abuse: U4, N7
#[test]
fn a_panic_of_a_decoder_is_a_broken_picture() {
    let refused: Result<(), _> = super::guard(|| panic!("as a decoder might"));
    assert_eq!(refused, Err(Refused::Broken));
}

#[test]
fn a_refusal_is_an_error_of_the_wire() {
    use crate::error::{Code, Error};
    let code = |refused| Error::from(refused).code;
    assert_eq!(code(Refused::NotAPicture), Code::UnsupportedType);
    assert_eq!(code(Refused::Broken), Code::BadImage);
    assert_eq!(code(Refused::TooLarge("why")), Code::BadImage);
    assert_eq!(Error::from(Refused::TooLarge("why")).message, "why");
}
