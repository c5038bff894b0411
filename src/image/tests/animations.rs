use gif::{Frame, Repeat};
use image::{Rgba, RgbaImage};

use super::super::{Picture, Refused};
use super::{contains, good, make, remake};

/// Returns the loop count and the frames of our output, as indices.
fn frames(picture: &Picture) -> (Repeat, Vec<Frame<'static>>) {
    assert_eq!(picture.media_type, "image/gif");
    let mut options = gif::DecodeOptions::new();
    options.check_frame_consistency(true);
    let decoder = options.read_info(&picture.bytes[..]).unwrap();
    (decoder.repeat(), decoder.into_iter().collect::<Result<_, _>>().unwrap())
}

#[test]
fn an_animated_gif_stays_as_it_is() {
    let mut part = make::gif_frame(5, 4, 1, 12);
    (part.left, part.top, part.dispose) = (3, 4, gif::DisposalMethod::Previous);
    part.palette = Some(vec![9, 9, 9, 8, 8, 8, 7, 7, 7, 6, 6, 6]);
    let sent = [make::gif_frame(8, 8, 0, 7), part, make::gif_frame(8, 8, 2, 200)];
    for repeat in [Repeat::Infinite, Repeat::Finite(3), Repeat::Finite(0)] {
        let (picture, _) = good(&make::gif(8, 8, repeat, &sent));
        assert!(picture.animated);
        let (loops, ours) = frames(&picture);
        assert_eq!((loops, ours.len()), (repeat, 3));
        for (ours, sent) in ours.iter().zip(&sent) {
            assert_eq!((ours.delay, ours.dispose, ours.transparent), (sent.delay, sent.dispose, sent.transparent));
            assert_eq!((ours.left, ours.top, ours.width), (sent.left, sent.top, sent.width));
            assert_eq!((&ours.palette, &ours.buffer), (&sent.palette, &sent.buffer));
        }
    }
}

/// Abuse: U3
#[test]
fn delays_that_browsers_do_not_believe_become_what_they_show() {
    let sent: Vec<_> = [0, 1, 2, 3].map(|delay| make::gif_frame(8, 8, 1, delay)).into();
    let (picture, _) = good(&make::gif(8, 8, Repeat::Infinite, &sent));
    let delays: Vec<_> = frames(&picture).1.iter().map(|frame| frame.delay).collect();
    assert_eq!(delays, [10, 10, 2, 3]);
}

/// Abuse: U9
#[test]
fn what_else_is_in_a_gif_is_gone() {
    let mut bytes = Vec::new();
    let mut encoder = gif::Encoder::new(&mut bytes, 8, 8, &[0; 12]).unwrap();
    encoder.set_repeat(Repeat::Infinite).unwrap();
    encoder.write_raw_extension(gif::Extension::Comment.into(), &[b"HERE-I-LIVE"]).unwrap();
    encoder.write_raw_extension(gif::Extension::Application.into(), &[b"XMP DataXMP", b"<x:xmpmeta/>"]).unwrap();
    let mut waiting = make::gif_frame(8, 8, 1, 5);
    waiting.needs_user_input = true;
    encoder.write_frame(&waiting).unwrap();
    encoder.write_raw_extension(gif::Extension::Text.into(), &[&[0; 12], b"HERE-I-LIVE"]).unwrap();
    encoder.write_frame(&waiting).unwrap();
    drop(encoder);
    let (picture, _) = good(&bytes);
    assert!(!contains(&picture.bytes, b"HERE-I-LIVE") && !contains(&picture.bytes, b"XMP"));
    let (loops, ours) = frames(&picture);
    assert_eq!((loops, ours.len()), (Repeat::Infinite, 2));
    assert!(ours.iter().all(|frame| !frame.needs_user_input));
}

/// Abuse: U3
#[test]
fn a_gif_of_a_hundred_thousand_frames_is_refused() {
    assert!(good(&make::gif_of_many(500)).0.animated);
    let refused = Err(Refused::TooLarge("the animation has too many frames"));
    assert_eq!(remake(&make::gif_of_many(501)), refused);
    assert_eq!(remake(&make::gif_of_many(100_000)), refused);
}

/// Abuse: U3
#[test]
fn a_gif_without_frames_or_with_a_frame_of_nothing_is_broken() {
    let empty = make::gif(8, 8, Repeat::Infinite, &[make::gif_frame(0, 8, 1, 5)]);
    assert_eq!(remake(&empty), Err(Refused::Broken));
    assert_eq!(remake(&make::gif(8, 8, Repeat::Infinite, &[])), Err(Refused::Broken));
    assert_eq!(remake(&make::gif(0, 0, Repeat::Infinite, &[])), Err(Refused::Broken));
}

#[test]
fn a_first_frame_beyond_the_screen_enlarges_it_and_later_ones_are_cut() {
    let beside = |left, top, color| gif::Frame { left, top, ..make::gif_frame(8, 8, color, 5) };
    for (width, height) in [(8, 8), (0, 0), (3, 200), (8, 0)] {
        let sent = [make::gif_frame(9, 8, 1, 5), beside(4, 5, 2), beside(9, 0, 2)];
        let (picture, _) = good(&make::gif(width, height, Repeat::Infinite, &sent));
        assert_eq!((picture.width, picture.height), (9, u32::from(height.max(8))));
        let ours = frames(&picture).1;
        let size = |frame: &Frame<'_>| (frame.left, frame.top, frame.width, frame.height);
        let bottom = if height == 200 { 8 } else { 3 };
        assert_eq!((size(&ours[0]), size(&ours[1])), ((0, 0, 9, 8), (4, 5, 5, bottom)));
        assert_eq!(ours[1].buffer, [[3, 2, 2, 2, 2]].repeat(bottom.into()).concat());
        assert_eq!((size(&ours[2]), ours[2].transparent, &ours[2].buffer[..]), ((0, 0, 1, 1), Some(3), &[3][..]));
    }
}

#[test]
fn what_stands_between_the_blocks_of_a_gif_does_not_matter() {
    let whole = make::gif(8, 8, Repeat::Infinite, &[make::gif_frame(8, 8, 0, 5), make::gif_frame(8, 8, 1, 5)]);
    let expected = remake(&whole).unwrap();
    let blocks: Vec<_> = (0..whole.len() - 8).filter(|&at| whole[at..].starts_with(b"\x21\xF9\x04")).collect();
    let with = |between: &[u8]| {
        let mut file = whole.clone();
        for &at in blocks.iter().rev() {
            file.splice(at..at, between.iter().copied());
        }
        file
    };
    assert_eq!(blocks.len(), 2);
    // Zeros; an extension that nobody knows; a control block of a wrong size.
    for between in [&b"\0\0\0"[..], b"\x21\x77\x03abc\0", b"\x21\xF9\x02\0\0\0"] {
        assert_eq!(remake(&with(between)).as_ref(), Ok(&expected), "{}", between.escape_ascii());
    }
    for end in [&b""[..], b"\0\0\0", b"\0;", b"rubbish"] {
        let file = [&whole[..whole.len() - 1], end].concat();
        assert_eq!(remake(&file).as_ref(), Ok(&expected), "{}", end.escape_ascii());
    }
}

/// Abuse: U2, U3
#[test]
fn frames_far_larger_than_the_screen_are_counted_by_their_own_size() {
    let small = make::gif_frame(1, 1, 1, 5);
    let vast = make::gif_frame(8_000, 4_000, 1, 5);
    let refused = Err(Refused::TooLarge("the animation has too many pixels in all its frames"));
    let sent = [&[small][..], &vec![vast; 7]].concat();
    assert_eq!(remake(&make::gif(1, 1, Repeat::Infinite, &sent)), refused);
    let long = make::gif_frame(9_000, 1, 1, 5);
    let refused = Err(Refused::TooLarge("a side of the picture is too long"));
    assert_eq!(remake(&make::gif(1, 1, Repeat::Infinite, &[make::gif_frame(1, 1, 1, 5), long])), refused);
}

/// Abuse: U4
#[test]
fn a_frame_with_too_few_pixels_is_broken() {
    let mut bytes = make::gif_of_many(1);
    bytes[6] = 2;
    let size = bytes.iter().position(|&byte| byte == 0x2C).unwrap() + 5;
    bytes[size] = 2;
    assert_eq!(remake(&bytes), Err(Refused::Broken));
}

#[test]
fn a_gif_of_one_frame_stays_a_gif_and_shows_its_transparency() {
    let (picture, pixels) = good(&make::gif(8, 8, Repeat::Infinite, &[make::gif_frame(8, 8, 1, 5)]));
    assert_eq!((picture.media_type, picture.animated, picture.thumbnail), ("image/gif", false, None));
    let pixels = pixels.to_rgba8();
    assert_eq!((pixels.get_pixel(0, 0)[3], pixels.get_pixel(1, 0)), (0, &Rgba([0, 200, 0, 255])));
}

#[test]
fn the_thumbnail_of_an_animation_is_its_first_frame_at_rest() {
    let first = make::gif_frame(800, 400, 2, 5);
    let (picture, _) = good(&make::gif(800, 400, Repeat::Infinite, &[first, make::gif_frame(8, 8, 0, 5)]));
    let thumbnail = picture.thumbnail.unwrap();
    assert_eq!(thumbnail.media_type, "image/png");
    let small = image::load_from_memory(&thumbnail.bytes).unwrap().into_rgba8();
    assert_eq!((small.dimensions(), small.get_pixel(300, 300)), ((640, 320), &Rgba([0, 0, 200, 255])));
}

/// Returns the canvas after each frame, by the rules of a browser.
fn shown(picture: &Picture) -> Vec<RgbaImage> {
    use image::AnimationDecoder;
    let decoder = image::codecs::gif::GifDecoder::new(std::io::Cursor::new(&picture.bytes)).unwrap();
    decoder.into_frames().map(|frame| frame.unwrap().into_buffer()).collect()
}

#[test]
fn an_animated_webp_becomes_a_gif_of_its_changes() {
    let scene = |left: u32| {
        RgbaImage::from_fn(64, 64, move |x, y| {
            let is_ball = (left..left + 8).contains(&x) && (20..28).contains(&y);
            if is_ball { Rgba([255, 255, 0, 255]) } else { Rgba([(x * 4) as u8, 100, 50, 255]) }
        })
    };
    let sent = [(scene(0), 40), (scene(10), 0), (scene(10), 70), (scene(30), 1_000_000)];
    let (picture, _) = good(&make::animated_webp(&sent, 5, false));
    assert!(picture.animated);
    let (loops, ours) = frames(&picture);
    assert_eq!(loops, Repeat::Finite(4), "played five times is played again four times");
    let delays: Vec<_> = ours.iter().map(|frame| frame.delay).collect();
    assert_eq!(delays, [4, 10, 7, u16::MAX]);
    assert_eq!((ours[1].left, ours[1].top, ours[1].width, ours[1].height), (0, 20, 18, 8));
    assert_eq!((ours[2].width, ours[2].height), (1, 1));
    for (ours, (sent, _)) in shown(&picture).iter().zip(&sent) {
        assert_eq!(ours, sent);
    }
}

#[test]
fn what_vanishes_from_an_animated_webp_vanishes_from_the_gif() {
    let red = RgbaImage::from_pixel(40, 40, Rgba([200, 0, 0, 255]));
    let sent = [(red, 50), (make::sticker(40), 50), (RgbaImage::new(40, 40), 50)];
    let (picture, _) = good(&make::animated_webp(&sent, 0, true));
    assert_eq!(frames(&picture).0, Repeat::Infinite);
    for (ours, (sent, _)) in shown(&picture).iter().zip(&sent) {
        for (ours, sent) in ours.pixels().zip(sent.pixels()) {
            assert_eq!((ours[3], sent[3] == 0 || ours == sent), (sent[3], true));
        }
    }
}

#[test]
fn an_animated_webp_of_many_colours_comes_close() {
    let smooth = |shift: u32| {
        RgbaImage::from_fn(128, 128, move |x, y| {
            Rgba([(x + shift).min(127) as u8 * 2, y as u8 * 2, 128 - x as u8 / 2, 255])
        })
    };
    let sent = [(smooth(0), 100), (smooth(5), 100)];
    let (picture, _) = good(&make::animated_webp(&sent, 0, false));
    for (ours, (sent, _)) in shown(&picture).iter().zip(&sent) {
        let off = ours.pixels().zip(sent.pixels()).flat_map(|(a, b)| (0..3).map(|i| a[i].abs_diff(b[i])));
        let mean = off.map(f64::from).sum::<f64>() / (128.0 * 128.0 * 3.0);
        assert!(mean < 8.0, "{mean}");
    }
}

#[test]
fn an_animated_webp_of_one_frame_is_a_still() {
    let (picture, _) = good(&make::animated_webp(&[(make::sticker(40), 50)], 0, true));
    assert_eq!((picture.media_type, picture.animated), ("image/png", false));
}

/// Abuse: U4
#[test]
fn a_webp_whose_bitstream_is_larger_than_its_frame_is_broken() {
    let mut file = make::animated_webp(&[(make::sticker(40), 50), (make::sticker(40), 50)], 0, true);
    let stream = file.windows(5).position(|window| window == b"VP8L\x2F" || window.starts_with(b"VP8L")).unwrap();
    file[stream + 9..stream + 13].copy_from_slice(&[0xFF, 0xFF, 0xFF, 0x1F]);
    assert_eq!(remake(&file), Err(Refused::Broken));
}
