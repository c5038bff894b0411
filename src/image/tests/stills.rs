use image::{DynamicImage, GenericImageView, ImageDecoder, Rgb, RgbImage, Rgba, RgbaImage};

use super::super::{Limits, Refused};
use super::{check, contains, good, make, remake};

/// Abuse: U4
#[test]
fn a_png_with_a_wrong_checksum_is_broken() {
    let whole = make::png(make::drawing(64, 64));
    for at in [29, whole.len() - 14] {
        let mut file = whole.clone();
        file[at] ^= 1;
        assert_eq!(remake(&file), Err(Refused::Broken), "byte {at}");
    }
}

/// Abuse: U2
#[test]
fn a_huge_size_is_refused_from_the_header() {
    // This file has no pixels, so decoding before checking the size would give another error.
    let mut header = 50_000_u32.to_be_bytes().to_vec();
    header.extend_from_slice(&50_000_u32.to_be_bytes());
    header.extend_from_slice(&[8, 2, 0, 0, 0]);
    let file = [&b"\x89PNG\r\n\x1A\n"[..], &make::png_chunk(b"IHDR", &header)].concat();
    assert_eq!(remake(&file), Err(Refused::TooLarge("a side of the picture is too long")));

    let mut file = make::jpeg(&make::drawing(8, 8), None, None);
    let frame = file.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    file[frame + 5..frame + 9].copy_from_slice(&[0x1F, 0xFF, 0x1F, 0xFF]);
    assert_eq!(remake(&file), Err(Refused::TooLarge("the picture has too many pixels")));

    let mut file = make::webp(&make::sticker(8));
    file[21..25].copy_from_slice(&[0xFF; 4]);
    assert_eq!(remake(&file), Err(Refused::TooLarge("a side of the picture is too long")));
}

/// Abuse: U4
#[test]
fn a_second_frame_header_in_a_jpeg_is_broken() {
    let file = make::jpeg(&make::drawing(8, 8), None, None);
    let frame = file.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    let mut header = file[frame..frame + 19].to_vec();
    header[5..9].copy_from_slice(&[0xFF; 4]);
    let twice = [&file[..frame + 19], &header, &file[frame + 19..]].concat();
    assert_eq!(remake(&twice), Err(Refused::Broken));
}

/// Abuse: U3, U4
#[test]
fn a_jpeg_of_endless_scans_is_refused() {
    let file = make::jpeg(&make::drawing(8, 8), None, None);
    let scan = file.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap();
    let (head, body) = file.split_at(scan);
    let scans = body[..body.len() - 2].repeat(65);
    let file = [head, &scans, b"\xFF\xD9"].concat();
    assert_eq!(remake(&file), Err(Refused::TooLarge("the picture has too many scans")));
}

/// Abuse: U9
#[test]
fn exif_is_gone_and_its_orientation_applied() {
    let upright = RgbImage::from_fn(32, 16, |x, _| if x < 16 { Rgb([250, 0, 0]) } else { Rgb([0, 0, 250]) });
    let (picture, pixels) = good(&make::jpeg(&upright, Some(&make::exif(6)), None));
    assert_eq!((picture.media_type, picture.width, picture.height), ("image/jpeg", 16, 32));
    assert!(pixels.get_pixel(8, 4).0[0] > 200, "red was left and is above after a turn to the right");
    assert!(pixels.get_pixel(8, 28).0[2] > 200);
    for word in [&b"HERE-I-LIVE"[..], b"Exif", b"MM\0\x2A"] {
        assert!(!contains(&picture.bytes, word), "{}", word.escape_ascii());
    }

    let file = make::with_chunk(&make::png(upright), b"eXIf", &make::exif(6));
    let (picture, _) = good(&file);
    assert_eq!((picture.media_type, picture.width, picture.height), ("image/png", 16, 32));
    assert!(!contains(&picture.bytes, b"HERE-I-LIVE"));
}

/// Abuse: U9
#[test]
fn texts_of_a_png_are_gone() {
    let file = make::with_chunk(&make::png(make::drawing(16, 16)), b"tEXt", b"Comment\0HERE-I-LIVE");
    let (picture, _) = good(&file);
    assert!(!contains(&picture.bytes, b"HERE-I-LIVE"));
}

/// Abuse: U9
#[test]
fn a_sane_profile_stays_and_no_other() {
    let kept = |file: &[u8]| {
        let (picture, _) = good(file);
        image::ImageReader::new(std::io::Cursor::new(&picture.bytes))
            .with_guessed_format()
            .unwrap()
            .into_decoder()
            .unwrap()
            .icc_profile()
            .unwrap()
    };
    let jpeg = |profile: &[u8]| make::jpeg(&make::drawing(32, 32), None, Some(profile));
    let rgb = make::profile(b"RGB ", 3_000);
    assert_eq!(kept(&jpeg(&rgb)), Some(rgb.clone()));
    for strange in [
        make::profile(b"CMYK", 3_000),
        make::profile(b"GRAY", 3_000),
        make::profile(b"RGB ", (64 << 10) + 1),
        make::profile(b"RGB ", 3_000)[..2_999].to_vec(),
        b"<script>".repeat(100),
    ] {
        assert_eq!(kept(&jpeg(&strange)), None);
    }

    let mut bytes = Vec::new();
    let mut encoder = image::codecs::png::PngEncoder::new(&mut bytes);
    image::ImageEncoder::set_icc_profile(&mut encoder, rgb.clone()).unwrap();
    DynamicImage::from(make::sticker(32)).write_with_encoder(encoder).unwrap();
    assert_eq!(kept(&bytes), Some(rgb));
}

#[test]
fn a_png_keeps_its_pixels() {
    let gradient = RgbImage::from_fn(300, 200, |x, y| Rgb([x as u8, y as u8, (x ^ y) as u8]));
    let half = RgbaImage::from_fn(20, 20, |x, y| Rgba([x as u8 * 12, y as u8 * 12, 7, (x * 12) as u8]));
    let pictures: [DynamicImage; 6] = [
        make::drawing(100, 50).into(),
        gradient.into(),
        make::sticker(50).into(),
        half.into(),
        DynamicImage::from(make::noise(30, 30)).into_luma8().into(),
        DynamicImage::from(make::sticker(30)).into_luma_alpha8().into(),
    ];
    for pixels in pictures {
        let (picture, ours) = good(&make::png(pixels.clone()));
        assert_eq!(picture.media_type, "image/png");
        assert_eq!(ours.to_rgba8(), pixels.to_rgba8());
    }
    let deep = DynamicImage::from(make::drawing(20, 20)).into_rgb16();
    let (_, ours) = good(&make::png(deep));
    assert_eq!(ours.to_rgb8(), make::drawing(20, 20));
}

#[test]
fn few_colours_are_written_as_a_palette_and_useless_alpha_is_dropped() {
    let (picture, _) = good(&make::png(make::drawing(100, 100)));
    assert_eq!(picture.bytes[25], 3, "colour type of IHDR: indexed");
    let screenshot = RgbaImage::from_fn(300, 300, |x, y| Rgba([x as u8, y as u8, 0, 255]));
    let (picture, _) = good(&make::png(screenshot));
    assert_eq!(picture.bytes[25], 2, "colour type of IHDR: RGB");
}

#[test]
fn a_photograph_in_a_png_becomes_a_jpeg() {
    let (picture, _) = good(&make::png(make::noise(300, 300)));
    assert_eq!(picture.media_type, "image/jpeg");
    let (icon, _) = good(&make::png(make::noise(100, 100)));
    assert_eq!(icon.media_type, "image/png");
}

#[test]
fn of_an_animated_png_the_default_image_stays() {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 16, 16);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_animated(2, 0).unwrap();
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&[200, 0, 0].repeat(256)).unwrap();
    writer.write_image_data(&[0, 0, 200].repeat(256)).unwrap();
    writer.finish().unwrap();
    let (picture, pixels) = good(&bytes);
    assert_eq!((picture.media_type, picture.animated), ("image/png", false));
    assert_eq!(pixels.get_pixel(3, 3), Rgba([200, 0, 0, 255]));
    assert!(!contains(&picture.bytes, b"fdAT"));
}

#[test]
fn a_webp_becomes_png_or_jpeg_by_its_alpha() {
    let (picture, pixels) = good(&make::webp(&make::sticker(50)));
    assert_eq!(picture.media_type, "image/png");
    assert_eq!(pixels.to_rgba8(), make::sticker(50));
    let (picture, _) = good(&make::webp(&DynamicImage::from(make::drawing(50, 50)).into_rgba8()));
    assert_eq!(picture.media_type, "image/jpeg");
}

#[test]
fn a_gray_jpeg_stays_gray() {
    let mut bytes = Vec::new();
    let gray = DynamicImage::from(make::noise(700, 20)).into_luma8();
    gray.write_to(&mut std::io::Cursor::new(&mut bytes), image::ImageFormat::Jpeg).unwrap();
    let (picture, pixels) = good(&bytes);
    assert_eq!(pixels.color(), image::ColorType::L8);
    let small = image::load_from_memory(&picture.thumbnail.unwrap().bytes).unwrap();
    assert_eq!((small.color(), small.width(), small.height()), (image::ColorType::L8, 640, 18));
}

#[test]
fn a_thumbnail_has_the_colours_and_the_proportions() {
    let pixels = RgbImage::from_fn(1_000, 500, |x, _| if x < 500 { Rgb([255, 0, 0]) } else { Rgb([0, 0, 255]) });
    let (picture, _) = good(&make::jpeg(&pixels, None, None));
    let thumbnail = picture.thumbnail.unwrap();
    assert_eq!(thumbnail.media_type, "image/jpeg");
    let small = image::load_from_memory(&thumbnail.bytes).unwrap();
    assert_eq!(small.dimensions(), (640, 320));
    assert!(small.get_pixel(100, 100).0[0] > 240 && small.get_pixel(500, 100).0[2] > 240);

    // A mean of white and invisible black is white, not gray.
    let lattice = RgbaImage::from_fn(1_280, 1_280, |x, y| if (x + y) % 2 == 0 { Rgba([255; 4]) } else { Rgba([0; 4]) });
    let (picture, _) = good(&make::png(lattice));
    let thumbnail = picture.thumbnail.unwrap();
    assert_eq!(thumbnail.media_type, "image/png");
    let small = image::load_from_memory(&thumbnail.bytes).unwrap();
    assert_eq!(small.get_pixel(320, 320), Rgba([255, 255, 255, 128]));
}

#[test]
fn the_narrowest_pictures_are_pictures() {
    let limits = Limits::default();
    for (width, height) in [(1, 1), (8_192, 1), (1, 8_192), (641, 640), (101, 100), (3, 2)] {
        for file in [make::png(make::noise(width, height)), make::jpeg(&make::noise(width, height), None, None)] {
            let picture = remake(&file).unwrap();
            assert_eq!((picture.width, picture.height), (width, height));
            check(&picture, &limits);
        }
    }
    let (picture, _) = good(&make::png(RgbaImage::new(5, 5)));
    assert_eq!(picture.media_type, "image/png");
}
