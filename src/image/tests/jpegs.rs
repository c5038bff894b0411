//! JPEGs that browsers show although they are not quite right.

use image::{DynamicImage, Rgb, RgbImage};

use super::super::Refused;
use super::{good, make, remake};

fn photo() -> RgbImage {
    RgbImage::from_fn(64, 48, |x, y| Rgb([(x * 4) as u8, (y * 5) as u8, (x * y) as u8]))
}

/// A progressive JPEG of 64 x 48 pixels in three colours.
const PROGRESSIVE: &[u8] = include_bytes!("progressive.jpg");

/// Like the trailer of a panorama: data of any kind, with what looks like markers in it.
fn trailer() -> Vec<u8> {
    let noise = make::noise(150, 150).into_raw();
    let markers = b"\xFF\xE5\x00\x10abc\xFF\xC0\x00\x0B\x08\xFF\xFF\xFF\xFF\xFF\xC4\x00\x03\x99";
    [&b"\0\0\x01\x0A\x0E\0\0\0Image_UTC_Data"[..], &noise, markers, &noise, b"SEFT"].concat()
}

#[test]
fn a_jpeg_without_its_end_marker_is_whole() {
    for whole in [make::jpeg(&photo(), Some(&make::exif(1)), None), PROGRESSIVE.to_vec()] {
        let (expected, _) = good(&whole);
        let body = &whole[..whole.len() - 2];
        for tail in [&b""[..], b"\xFF", &[0; 64], &trailer(), &[&b"\xFF\xD9"[..], &trailer()].concat()] {
            let file = [body, tail].concat();
            assert!(remake(&file).as_ref() == Ok(&expected), "{}", tail[..tail.len().min(12)].escape_ascii());
        }
    }
}

/// Abuse: U4
#[test]
fn a_jpeg_that_was_cut_off_within_a_scan_is_broken() {
    for whole in [make::jpeg(&photo(), None, None), make::jpeg(&make::noise(64, 64), None, None), PROGRESSIVE.to_vec()]
    {
        let scan = whole.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap();
        for at in [scan + 2, scan + 14, scan + 40, (scan + whole.len()) / 2, whole.len() - 12] {
            let cut = &whole[..at];
            assert_eq!(remake(cut), Err(Refused::Broken), "{at} of {}", whole.len());
        }
    }
}

/// Two halves, red and blue.
fn halves() -> RgbImage {
    RgbImage::from_fn(64, 48, |x, _| if x < 32 { Rgb([200, 40, 60]) } else { Rgb([20, 120, 220]) })
}

fn adobe(transform: u8) -> Vec<u8> {
    [&b"\xFF\xEE\0\x0EAdobe\0\x64\0\0\0\0"[..], &[transform]].concat()
}

/// Gives the three components of a JPEG other names.
fn named(jpeg: &[u8], names: [u8; 3]) -> Vec<u8> {
    let mut jpeg = jpeg.to_vec();
    let at = |jpeg: &[u8], marker: u8| jpeg.windows(2).position(|pair| pair == [0xFF, marker]).unwrap();
    let (frame, scan) = (at(&jpeg, 0xC0), at(&jpeg, 0xDA));
    for (number, name) in names.into_iter().enumerate() {
        jpeg[frame + 10 + 3 * number] = name;
        jpeg[scan + 5 + 2 * number] = name;
    }
    jpeg
}

#[test]
fn markers_that_disagree_do_not_change_the_colours() {
    let plain = make::jpeg(&halves(), None, None);
    assert_eq!(&plain[2..4], b"\xFF\xE0");
    let jfif_end = 20;
    let (jfif, rest) = plain[2..].split_at(jfif_end - 2);
    let file = |parts: &[&[u8]]| [&[&b"\xFF\xD8"[..]], parts].concat().concat();
    let bare = [&b"\xFF\xD8"[..], rest].concat();
    for (what, bytes) in [
        ("as it is", plain.clone()),
        ("JFIF, then Adobe 0", file(&[jfif, &adobe(0), rest])),
        ("Adobe 0, then JFIF", file(&[&adobe(0), jfif, rest])),
        ("JFIF, then Adobe 1", file(&[jfif, &adobe(1), rest])),
        ("Adobe 9", file(&[&adobe(9), rest])),
        ("a short Adobe marker", file(&[jfif, b"\xFF\xEE\0\x09Adobe\0\x64", rest])),
        ("JFIF and the names R, G, B", named(&plain, *b"RGB")),
        ("Adobe 1 and the names R, G, B", named(&file(&[&adobe(1), rest]), *b"RGB")),
        ("names of their own", named(&bare, [7, 0, 99])),
        ("no marker", bare),
    ] {
        let (_, pixels) = good(&bytes);
        let (left, right) = (pixels.to_rgb8()[(8, 8)].0, pixels.to_rgb8()[(56, 8)].0);
        let is_near = |a: [u8; 3], b: [u8; 3]| a.iter().zip(b).all(|(a, b)| a.abs_diff(b) < 12);
        assert!(is_near(left, [200, 40, 60]) && is_near(right, [20, 120, 220]), "{what}: {left:?} {right:?}");
    }
}

#[test]
fn components_that_are_red_green_and_blue_stay_so() {
    // The encoder writes YCbCr; read as RGB, its three numbers are the colour.
    let plain = make::jpeg(&RgbImage::from_pixel(32, 32, Rgb([200, 40, 60])), None, None);
    let bare = [&b"\xFF\xD8"[..], &plain[20..]].concat();
    let with_adobe = [&b"\xFF\xD8"[..], &adobe(0), &plain[20..]].concat();
    let read = |bytes: &[u8]| good(bytes).1.to_rgb8()[(8, 8)].0;
    let by_name = read(&named(&bare, *b"RGB"));
    assert_eq!(by_name, read(&with_adobe));
    assert!(by_name[2] > 180 && by_name[1] > 100 && by_name[1] < 150, "{by_name:?}");
}

/// Abuse: U4
#[test]
fn a_great_many_adobe_markers_cost_little() {
    let plain = make::jpeg(&halves(), None, None);
    let file = [&plain[..20], &adobe(0).repeat(400_000), &plain[20..]].concat();
    let pixels = DynamicImage::from(halves());
    assert_eq!(good(&file).1.color(), pixels.color());
}
