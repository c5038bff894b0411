//! Animations: GIFs are copied frame by frame, animated WebPs become GIFs.

use std::borrow::Cow;
use std::io::Cursor;
use std::num::NonZeroU64;

use gif::{DisposalMethod, Encoder, Frame, Repeat};
use image::codecs::webp::WebPDecoder;
use image::metadata::LoopCount;
use image::{AnimationDecoder, DynamicImage, ImageDecoder, Rgba, RgbaImage};

use super::{Limits, Output, Refused, gif_blocks, palette};

/// A GIF that this module wrote.
pub(super) struct Gif {
    pub(super) bytes: Vec<u8>,
    pub(super) is_animated: bool,
    /// The canvas after the first frame.
    pub(super) first: DynamicImage,
}

/// Returns the delay that browsers use. They show delays of 0 and 10 ms as 100 ms, because old
/// encoders wrote them for "as usual". The unit is 10 ms.
fn shown_delay(delay: u16) -> u16 {
    if delay < 2 { 10 } else { delay }
}

/// Copies the frames of a GIF unchanged (indices, palettes, positions, disposal) and drops
/// comments, texts, XMP and application blocks. The loop count stays, delays pass through
/// [`shown_delay`], and no frame waits for user input any more.
///
/// Frames are cut at the edges of the screen, as a browser does. A frame with fewer pixels than it declares is
/// [`Refused::Broken`].
pub(super) fn copy_gif(gif: &gif_blocks::Gif<'_>, limits: &Limits) -> Result<Gif, Refused> {
    let mut options = gif::DecodeOptions::new();
    if let Some(pixels) = NonZeroU64::new(limits.pixels) {
        options.set_memory_limit(gif::MemoryLimit::Bytes(pixels));
    }
    let mut decoder = options.read_info(&gif.bytes[..])?;
    let (width, height) = (decoder.width(), decoder.height());
    let palette = decoder.global_palette().unwrap_or_default().to_vec();

    let (bytes, first) = Output::gather(limits, |output| {
        let mut encoder = Encoder::new(output, width, height, &palette)?;
        encoder.set_repeat(decoder.repeat())?;
        let mut first = None;
        while let Some(frame) = decoder.read_next_frame()? {
            let frame = cut(frame, width, height);
            first.get_or_insert_with(|| paint(&frame, width, height, &palette));
            encoder.write_frame(&frame)?;
        }
        encoder.into_inner()?;
        first.ok_or(Refused::Broken)
    })?;
    Ok(Gif { bytes, is_animated: gif.is_animated, first: first.into() })
}

/// Returns the part of a frame that is on the screen, with the delay that browsers use.
fn cut<'a>(frame: &'a Frame<'_>, width: u16, height: u16) -> Frame<'a> {
    let shown = |start: u16, length: u16, end: u16| length.min(end.saturating_sub(start));
    let (cut_width, cut_height) = (shown(frame.left, frame.width, width), shown(frame.top, frame.height, height));
    let palette = frame.palette.clone();
    let frame_with = |left, top, width, height, transparent, buffer| Frame {
        delay: shown_delay(frame.delay),
        needs_user_input: false,
        palette,
        left,
        top,
        width,
        height,
        transparent,
        buffer,
        ..*frame
    };
    if cut_width == 0 || cut_height == 0 {
        // Nothing of it is shown, for its time: one transparent pixel.
        let index = frame.transparent.unwrap_or_default();
        return frame_with(0, 0, 1, 1, Some(index), Cow::Owned(vec![index]));
    }
    let buffer = if cut_width == frame.width {
        Cow::Borrowed(&frame.buffer[..usize::from(cut_width) * usize::from(cut_height)])
    } else {
        let rows = frame.buffer.chunks_exact(frame.width.into()).take(cut_height.into());
        Cow::Owned(rows.flat_map(|row| &row[..cut_width.into()]).copied().collect())
    };
    frame_with(frame.left, frame.top, cut_width, cut_height, frame.transparent, buffer)
}

/// Paints the first frame on an empty canvas. An index beyond the palette is transparent.
fn paint(frame: &Frame<'_>, width: u16, height: u16, global: &[u8]) -> RgbaImage {
    let colors = frame.palette.as_deref().unwrap_or(global).as_chunks::<3>().0;
    let mut canvas = RgbaImage::new(width.into(), height.into());
    let mut indices = frame.buffer.iter();
    for y in frame.top..frame.top + frame.height {
        for (x, &index) in (frame.left..frame.left + frame.width).zip(indices.by_ref()) {
            match colors.get(usize::from(index)) {
                Some(&[r, g, b]) if frame.transparent != Some(index) => {
                    canvas.put_pixel(x.into(), y.into(), Rgba([r, g, b, 255]));
                }
                _ => {}
            }
        }
    }
    canvas
}

/// Turns an animated WebP into a GIF with the same number of frames. Its sizes must have been
/// probed.
pub(super) fn webp_to_gif(webp: &[u8], limits: &Limits) -> Result<Gif, Refused> {
    let decoder = WebPDecoder::new(Cursor::new(webp))?;
    let (width, height) = decoder.dimensions();
    let has_alpha = decoder.color_type().has_alpha();
    // WebP counts the plays, GIF counts the repetitions.
    let repeat = match decoder.loop_count() {
        LoopCount::Infinite => Repeat::Infinite,
        LoopCount::Finite(plays) => Repeat::Finite(u16::try_from(plays.get() - 1).unwrap_or(u16::MAX)),
    };

    let (bytes, first) = Output::gather(limits, |output| {
        let mut encoder = Encoder::new(output, side(width)?, side(height)?, &[])?;
        encoder.set_repeat(repeat)?;
        let mut first = None;
        let mut before: Option<RgbaImage> = None;
        for frame in decoder.into_frames() {
            let frame = frame?;
            let (ms, _) = frame.delay().numer_denom_ms();
            let canvas = frame.into_buffer();
            first.get_or_insert_with(|| canvas.clone());
            // A GIF frame can keep a pixel or clear the whole frame, but not clear a single pixel.
            // So only opaque frames can be reduced to their changes.
            let (left, top, part, dispose) = match &before {
                _ if has_alpha => (0, 0, canvas.clone(), DisposalMethod::Background),
                Some(before) => {
                    let (left, top, part) = changes(before, &canvas);
                    (left, top, part, DisposalMethod::Keep)
                }
                None => (0, 0, canvas.clone(), DisposalMethod::Keep),
            };
            let (part_width, part_height) = part.dimensions();
            let indexed = palette::quantise(part);
            encoder.write_frame(&Frame {
                delay: shown_delay(u16::try_from((ms + 5) / 10).unwrap_or(u16::MAX)),
                dispose,
                transparent: indexed.transparent(),
                left: side(left)?,
                top: side(top)?,
                width: side(part_width)?,
                height: side(part_height)?,
                palette: Some(indexed.rgb()),
                buffer: Cow::Owned(indexed.indices),
                ..Frame::default()
            })?;
            before = Some(canvas);
        }
        encoder.into_inner()?;
        first.ok_or(Refused::Broken)
    })?;
    Ok(Gif { bytes, is_animated: true, first: first.into() })
}

fn side(pixels: u32) -> Result<u16, Refused> {
    u16::try_from(pixels).map_err(|_| Refused::Broken)
}

/// Returns the smallest part of `now` that contains every change since `before`, and its position.
/// Unchanged pixels inside it are transparent. Without any change, one such pixel keeps the frame's
/// time.
fn changes(before: &RgbaImage, now: &RgbaImage) -> (u32, u32, RgbaImage) {
    let (mut left, mut top, mut right, mut bottom) = (u32::MAX, u32::MAX, 0, 0);
    for ((x, y, old), new) in before.enumerate_pixels().zip(now.pixels()) {
        if old != new {
            (left, top) = (left.min(x), top.min(y));
            (right, bottom) = (right.max(x + 1), bottom.max(y + 1));
        }
    }
    if left == u32::MAX {
        return (0, 0, RgbaImage::new(1, 1));
    }
    let part = RgbaImage::from_fn(right - left, bottom - top, |x, y| {
        let (old, new) = (before.get_pixel(left + x, top + y), now.get_pixel(left + x, top + y));
        if old == new { Rgba([0; 4]) } else { *new }
    });
    (left, top, part)
}
