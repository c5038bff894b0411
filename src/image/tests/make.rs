//! Builds valid and invalid image files, with encoders or by hand.

use std::borrow::Cow;
use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::webp::WebPEncoder;
use image::{DynamicImage, ImageEncoder, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};

/// Returns a drawing of a few flat colours.
pub(super) fn drawing(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| Rgb([(x / 16 * 60) as u8, (y / 16 * 60) as u8, 90]))
}

/// Returns noise, which compresses as badly as a photograph. Every call returns the same.
pub(super) fn noise(width: u32, height: u32) -> RgbImage {
    let mut state = 1_u32;
    RgbImage::from_fn(width, height, |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let [_, r, g, b] = state.to_be_bytes();
        Rgb([r, g, b])
    })
}

/// Returns a red disc on a transparent background.
pub(super) fn sticker(side: u32) -> RgbaImage {
    let middle = i64::from(side / 2);
    RgbaImage::from_fn(side, side, |x, y| {
        let (dx, dy) = (i64::from(x) - middle, i64::from(y) - middle);
        if dx * dx + dy * dy < middle * middle / 2 { Rgba([220, 20, 30, 255]) } else { Rgba([0; 4]) }
    })
}

pub(super) fn png(pixels: impl Into<DynamicImage>) -> Vec<u8> {
    let mut bytes = Vec::new();
    pixels.into().write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).unwrap();
    bytes
}

/// Returns a PNG with a custom header and one additional chunk before the pixels.
pub(super) fn png_chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut chunk = (data.len() as u32).to_be_bytes().to_vec();
    chunk.extend_from_slice(kind);
    chunk.extend_from_slice(data);
    let checksum = crc(&chunk[4..]);
    chunk.extend_from_slice(&checksum.to_be_bytes());
    chunk
}

/// Inserts a chunk after IHDR.
pub(super) fn with_chunk(png: &[u8], kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let (head, rest) = png.split_at(33);
    [head, &png_chunk(kind, data), rest].concat()
}

pub(super) fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 })
    })
}

pub(super) fn jpeg(pixels: &RgbImage, exif: Option<&[u8]>, profile: Option<&[u8]>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 90);
    if let Some(exif) = exif {
        encoder.set_exif_metadata(exif.to_vec()).unwrap();
    }
    if let Some(profile) = profile {
        encoder.set_icc_profile(profile.to_vec()).unwrap();
    }
    encoder.encode_image(pixels).unwrap();
    bytes
}

/// Returns a TIFF block with an orientation and a GPS directory that holds a latitude reference and
/// a word to search for.
pub(super) fn exif(orientation: u16) -> Vec<u8> {
    let mut tiff = b"MM\0\x2A\0\0\0\x08\0\x02".to_vec();
    tiff.extend_from_slice(b"\x01\x12\0\x03\0\0\0\x01");
    tiff.extend_from_slice(&orientation.to_be_bytes());
    tiff.extend_from_slice(b"\0\0");
    tiff.extend_from_slice(b"\x88\x25\0\x04\0\0\0\x01\0\0\0\x26\0\0\0\0");
    tiff.extend_from_slice(b"\0\x01\0\x01\0\x02\0\0\0\x02N\0\0\0\0\0\0\0HERE-I-LIVE");
    tiff
}

/// Returns the header of an empty ICC profile, `length` bytes in all.
pub(super) fn profile(space: &[u8; 4], length: usize) -> Vec<u8> {
    let mut profile = vec![0; length];
    profile[..4].copy_from_slice(&(length as u32).to_be_bytes());
    profile[16..20].copy_from_slice(space);
    profile[36..40].copy_from_slice(b"acsp");
    profile
}

/// Returns a frame in one colour of [`gif()`]'s palette, with a transparent column at the left.
pub(super) fn gif_frame(width: u16, height: u16, color: u8, delay: u16) -> gif::Frame<'static> {
    let pixels = (0..height).flat_map(|_| (0..width).map(|x| if x == 0 { 3 } else { color })).collect::<Vec<u8>>();
    gif::Frame { width, height, delay, transparent: Some(3), buffer: Cow::Owned(pixels), ..gif::Frame::default() }
}

pub(super) fn gif(width: u16, height: u16, repeat: gif::Repeat, frames: &[gif::Frame<'_>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let palette = [200, 0, 0, 0, 200, 0, 0, 0, 200, 1, 2, 3];
    let mut encoder = gif::Encoder::new(&mut bytes, width, height, &palette).unwrap();
    encoder.set_repeat(repeat).unwrap();
    for frame in frames {
        encoder.write_frame(frame).unwrap();
    }
    drop(encoder);
    bytes
}

/// Returns a GIF of `count` frames of one pixel, built by hand because that is faster.
pub(super) fn gif_of_many(count: usize) -> Vec<u8> {
    let mut bytes = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xFF\xFF\xFF".to_vec();
    let frame = b"\x2C\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0";
    bytes.extend(std::iter::repeat_n(frame, count).flatten());
    bytes.push(b';');
    bytes
}

pub(super) fn webp(pixels: &RgbaImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    WebPEncoder::new_lossless(&mut bytes)
        .write_image(pixels, pixels.width(), pixels.height(), image::ExtendedColorType::Rgba8)
        .unwrap();
    bytes
}

/// Returns an animated WebP of full frames, for which the crates have no encoder.
pub(super) fn animated_webp(frames: &[(RgbaImage, u32)], plays: u16, has_alpha: bool) -> Vec<u8> {
    let (width, height) = frames[0].0.dimensions();
    let mut chunks = Vec::new();
    let mut extended = vec![if has_alpha { 0b1_0010 } else { 0b10 }, 0, 0, 0];
    extended.extend_from_slice(&(width - 1).to_le_bytes()[..3]);
    extended.extend_from_slice(&(height - 1).to_le_bytes()[..3]);
    chunks.extend(riff_chunk(b"VP8X", &extended));
    chunks.extend(riff_chunk(b"ANIM", &[&[0, 0, 0, 0][..], &plays.to_le_bytes()].concat()));
    for (pixels, delay) in frames {
        let mut frame = vec![0; 6];
        frame.extend_from_slice(&(width - 1).to_le_bytes()[..3]);
        frame.extend_from_slice(&(height - 1).to_le_bytes()[..3]);
        frame.extend_from_slice(&delay.to_le_bytes()[..3]);
        frame.push(0b10);
        frame.extend_from_slice(&webp(pixels)[12..]);
        chunks.extend(riff_chunk(b"ANMF", &frame));
    }
    riff_chunk(b"RIFF", &[b"WEBP", &chunks[..]].concat())
}

fn riff_chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut chunk = kind.to_vec();
    chunk.extend_from_slice(&(data.len() as u32).to_le_bytes());
    chunk.extend_from_slice(data);
    chunk.resize(chunk.len() + data.len() % 2, 0);
    chunk
}
