//! The blocks of a GIF: read for its sizes, and put into the form that the decoder reads.
//!
//! Browsers show GIFs whose trailer is missing, with zeros or other data between two blocks, with frames beyond the
//! screen, or with a screen of no size.

use std::borrow::Cow;

use super::reader::Reader;
use super::size::{check_frames, check_size, pixels};
use super::{Limits, Refused};

const IMAGE: u8 = 0x2C;
const EXTENSION: u8 = 0x21;
const TRAILER: u8 = 0x3B;
/// The extensions that the decoder knows: text, control, comment, application.
const EXTENSIONS: [u8; 4] = [0x01, CONTROL, 0xFE, 0xFF];
const CONTROL: u8 = 0xF9;

/// A GIF whose frames begin within its screen, with a trailer behind the last one.
#[derive(Debug)]
pub(super) struct Gif<'a> {
    pub(super) bytes: Cow<'a, [u8]>,
    pub(super) size: (u32, u32),
    pub(super) is_animated: bool,
}

/// Follows the blocks from the header to the trailer, without decompressing a frame.
pub(super) fn read<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Gif<'a>, Refused> {
    let mut reader = Reader { bytes, at: 6 };
    let declared = (reader.u16_le()?, reader.u16_le()?);
    let [flags, _, _] = reader.array()?;
    skip_palette(&mut reader, flags)?;
    let mut plain = Vec::new();
    let mut blocks = Blocks { copied: 0, screen: declared, frames: 0, is_announced: false, frames_pixels: 0 };
    while let Some(block) = blocks.next(&mut reader, limits)? {
        match block {
            Block::Kept => {}
            Block::Skipped(start) => {
                plain.extend_from_slice(&bytes[blocks.copied..start]);
                blocks.copied = reader.at;
            }
        }
    }
    let (width, height) = (u32::from(blocks.screen.0), u32::from(blocks.screen.1));
    check_size(width, height, limits)?;
    check_frames(blocks.frames, width, height, limits)?;
    if blocks.frames == 0 {
        return Err(Refused::Broken);
    }
    let end = reader.at;
    let is_plain = plain.is_empty() && blocks.screen == declared && bytes.get(end) == Some(&TRAILER);
    let bytes = if is_plain {
        Cow::Borrowed(&bytes[..=end])
    } else {
        plain.extend_from_slice(&bytes[blocks.copied..end]);
        plain[6..8].copy_from_slice(&blocks.screen.0.to_le_bytes());
        plain[8..10].copy_from_slice(&blocks.screen.1.to_le_bytes());
        plain.push(TRAILER);
        Cow::Owned(plain)
    };
    Ok(Gif { bytes, size: (width, height), is_animated: blocks.frames > 1 })
}

enum Block {
    Kept,
    /// It began here and ends where the reader is.
    Skipped(usize),
}

struct Blocks {
    /// How much of the file has been copied.
    copied: usize,
    /// The size of the screen, which the first frame enlarges.
    screen: (u16, u16),
    frames: u32,
    /// Whether a control block has announced a frame.
    is_announced: bool,
    /// The pixels of frames, where they are larger than the screen.
    frames_pixels: u64,
}

impl Blocks {
    /// Follows one block. Returns `None` at the trailer, or where no block begins: what has been read is the picture.
    fn next(&mut self, reader: &mut Reader<'_>, limits: &Limits) -> Result<Option<Block>, Refused> {
        let start = reader.at;
        match reader.array() {
            Ok([IMAGE]) => {
                self.is_announced = false;
                self.image(reader, limits).map(|()| Some(Block::Kept))
            }
            Ok([EXTENSION]) => {
                let [label] = reader.array()?;
                let first = reader.bytes.get(reader.at).copied();
                skip_data(reader)?;
                self.is_announced |= label == CONTROL;
                let is_known = EXTENSIONS.contains(&label) && (label != CONTROL || first == Some(4));
                Ok(Some(if is_known { Block::Kept } else { Block::Skipped(start) }))
            }
            Ok([0]) => Ok(Some(Block::Skipped(start))),
            Err(cut) if self.is_announced => Err(cut),
            _ => {
                reader.at = start;
                Ok(None)
            }
        }
    }

    fn image(&mut self, reader: &mut Reader<'_>, limits: &Limits) -> Result<(), Refused> {
        let (left, top) = (reader.u16_le()?, reader.u16_le()?);
        let (width, height) = (reader.u16_le()?, reader.u16_le()?);
        if width == 0 || height == 0 {
            return Err(Refused::Broken);
        }
        check_size(width.into(), height.into(), limits)?;
        if self.frames == 0 {
            let (right, bottom) = (left.saturating_add(width), top.saturating_add(height));
            self.screen = (self.screen.0.max(right), self.screen.1.max(bottom));
            check_size(self.screen.0.into(), self.screen.1.into(), limits)?;
        }
        self.frames += 1;
        check_frames(self.frames, self.screen.0.into(), self.screen.1.into(), limits)?;
        self.frames_pixels += pixels(width.into(), height.into());
        if self.frames_pixels > limits.frames_pixels {
            return Err(Refused::TooLarge("the animation has too many pixels in all its frames"));
        }
        let [flags] = reader.array()?;
        skip_palette(reader, flags)?;
        reader.take(1)?;
        skip_data(reader)
    }
}

fn skip_palette(reader: &mut Reader<'_>, flags: u8) -> Result<(), Refused> {
    let colors = if flags & 0x80 == 0 { 0 } else { 2 << (flags & 7) };
    reader.take(3 * colors).map(drop)
}

/// Skips the parts of a block's data, up to the empty one at its end.
fn skip_data(reader: &mut Reader<'_>) -> Result<(), Refused> {
    loop {
        let [length] = reader.array()?;
        if length == 0 {
            return Ok(());
        }
        reader.take(length.into())?;
    }
}
