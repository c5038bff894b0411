//! Reads type and sizes from the headers of a file before any decoder runs.
//!
//! Each function follows its container from start to end. So a truncated file is refused even where
//! a decoder would fill the rest with grey, and trailing data is found.

use super::gif_blocks::{self, Gif};
use super::jpeg::{self, Jpeg};
use super::reader::Reader;
use super::size::{check_frames, check_size, pixels};
use super::{Limits, Refused};

/// A file that is valid by the rules of its container and keeps our limits.
#[derive(Debug)]
pub(super) enum Header<'a> {
    /// `is_dense` is true when it takes over a byte a pixel and is no icon: drawings and
    /// screenshots compress far better than that, photographs do not.
    Png {
        png: &'a [u8],
        size: (u32, u32),
        is_dense: bool,
    },
    /// Truncated after its end, where cameras append previews and videos.
    Jpeg(Jpeg<'a>),
    /// Truncated after the end that it declares.
    Webp {
        webp: &'a [u8],
        size: (u32, u32),
        is_animated: bool,
    },
    Gif(Gif<'a>),
}

/// Bytes of the largest frame of a GIF that is decoded.
const GIF_FRAME: u64 = 40 << 20;

impl Header<'_> {
    /// Returns about how many bytes of memory the largest step from here on takes, besides the file itself.
    pub(super) fn memory(&self) -> u64 {
        let (size, bytes_per_pixel) = match self {
            // Pixels once, and what is written.
            Self::Png { size, .. } => (size, 6),
            // A progressive one has all its coefficients in memory.
            Self::Jpeg(jpeg) if jpeg.is_ended => (&jpeg.size, 8),
            // It is decoded twice, with the first pixels still there.
            Self::Jpeg(jpeg) => (&jpeg.size, 11),
            Self::Webp { size, is_animated: false, .. } => (size, 8),
            // Several canvases.
            Self::Webp { size, is_animated: true, .. } => (size, 32),
            Self::Gif(gif) => (&gif.size, 8),
        };
        // A frame of a GIF may be larger than its screen, up to the limit of the decoder.
        let frame = if matches!(self, Self::Gif(_)) { GIF_FRAME } else { 0 };
        pixels(size.0, size.1) * bytes_per_pixel + frame
    }
}

/// An opaque PNG with fewer pixels is an icon or a sticker, and small enough to stay lossless.
const ICON_PIXELS: u64 = 256 * 256;

/// The type that the first bytes of a file declare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    Png,
    Jpeg,
    Gif,
    Webp,
}

pub(crate) fn claim(head: &[u8]) -> Option<Claim> {
    match head {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Some(Claim::Png),
        [0xFF, 0xD8, 0xFF, ..] => Some(Claim::Jpeg),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Claim::Gif),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Claim::Webp),
        _ => None,
    }
}

pub(super) fn probe<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Header<'a>, Refused> {
    match claim(bytes) {
        Some(Claim::Png) => png(bytes, limits),
        Some(Claim::Jpeg) => jpeg::read(bytes, limits).map(Header::Jpeg),
        Some(Claim::Gif) => gif_blocks::read(bytes, limits).map(Header::Gif),
        Some(Claim::Webp) => webp(bytes, limits),
        None => Err(Refused::NotAPicture),
    }
}

/// Follows the chunks from IHDR to IEND. The decoder checks the checksums.
fn png<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Header<'a>, Refused> {
    let mut reader = Reader { bytes, at: 8 };
    let mut size = None;
    let mut packed = 0;
    loop {
        let length = reader.u32_be()?;
        let kind = reader.take(4)?;
        let data = reader.take(length as usize)?;
        reader.take(4)?;
        match (kind, size) {
            (b"IHDR", None) => {
                let mut ihdr = Reader { bytes: data, at: 0 };
                let (width, height) = (ihdr.u32_be()?, ihdr.u32_be()?);
                check_size(width, height, limits)?;
                size = Some((width, height));
            }
            (_, None) | (b"IHDR", _) => return Err(Refused::Broken),
            (b"IDAT", _) => packed += data.len() as u64,
            (b"IEND", Some(size)) => {
                let pixels = pixels(size.0, size.1);
                let is_dense = pixels > ICON_PIXELS && packed > pixels;
                return Ok(Header::Png { png: &bytes[..reader.at], size, is_dense });
            }
            _ => {}
        }
    }
}

/// Follows the chunks of the RIFF container. Every bitstream inside must have the size that its
/// frame declares, because the decoder allocates for the bitstream before it compares them.
fn webp<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Header<'a>, Refused> {
    let mut reader = Reader { bytes, at: 4 };
    let length = reader.u32_le()? as usize;
    reader.take(length)?;
    let webp = &bytes[..reader.at];
    let mut reader = Reader { bytes: webp, at: 12 };

    let mut canvas = None;
    let mut is_animation = false;
    let mut frames = 0;
    while let Some((kind, data)) = reader.chunk()? {
        match (kind, canvas) {
            (b"VP8X", None) => {
                let mut extended = Reader { bytes: data, at: 0 };
                is_animation = extended.u32_le()? & 0b10 != 0;
                let (width, height) = (extended.u24_le()? + 1, extended.u24_le()? + 1);
                check_size(width, height, limits)?;
                canvas = Some((width, height));
            }
            (b"VP8 " | b"VP8L", None) => {
                let (width, height) = bitstream_size(kind, data)?;
                check_size(width, height, limits)?;
                return Ok(Header::Webp { webp, size: (width, height), is_animated: false });
            }
            (_, None) | (b"VP8X", _) => return Err(Refused::Broken),
            (b"VP8 " | b"VP8L", Some(canvas)) if bitstream_size(kind, data)? != canvas => return Err(Refused::Broken),
            (b"ANMF", Some((width, height))) => {
                frames += 1;
                check_frames(frames, width, height, limits)?;
                check_webp_frame(data, width, height)?;
            }
            _ => {}
        }
    }
    let (width, height) = canvas.ok_or(Refused::Broken)?;
    let is_animated = is_animation && frames > 1;
    if is_animated && pixels(width, height) > limits.pixels / 4 {
        return Err(Refused::TooLarge("the animation has too many pixels"));
    }
    Ok(Header::Webp { webp, size: (width, height), is_animated })
}

fn check_webp_frame(data: &[u8], canvas_width: u32, canvas_height: u32) -> Result<(), Refused> {
    let mut frame = Reader { bytes: data, at: 0 };
    let (left, top) = (frame.u24_le()? * 2, frame.u24_le()? * 2);
    let (width, height) = (frame.u24_le()? + 1, frame.u24_le()? + 1);
    if left + width > canvas_width || top + height > canvas_height {
        return Err(Refused::Broken);
    }
    frame.take(4)?;
    while let Some((kind, data)) = frame.chunk()? {
        if matches!(kind, b"VP8 " | b"VP8L") && bitstream_size(kind, data)? != (width, height) {
            return Err(Refused::Broken);
        }
    }
    Ok(())
}

/// Returns the size in the header of a lossy (RFC 6386, 9.1) or a lossless bitstream.
fn bitstream_size(kind: &[u8], data: &[u8]) -> Result<(u32, u32), Refused> {
    let mut header = Reader { bytes: data, at: 0 };
    if kind == b"VP8 " {
        header.take(3)?;
        if header.take(3)? != [0x9D, 0x01, 0x2A] {
            return Err(Refused::Broken);
        }
        let size = header.u32_le()?;
        Ok((size & 0x3FFF, size >> 16 & 0x3FFF))
    } else {
        if header.take(1)? != [0x2F] {
            return Err(Refused::Broken);
        }
        let size = header.u32_le()?;
        Ok(((size & 0x3FFF) + 1, (size >> 14 & 0x3FFF) + 1))
    }
}
