//! Decodes untrusted images within limits and encodes them again.
//!
//! An uploaded image is never stored itself; only its pixels are. [`remake`] detects the type from
//! the first bytes, reads sizes from the headers, refuses what is too large before a decoder runs,
//! and writes a new file with the pixels, a colour profile and, for an animation, its timing. EXIF
//! (with its locations and serial numbers), XMP, comments, embedded thumbnails and trailing data
//! are dropped.
//!
//! | in | out |
//! |---|---|
//! | JPEG | JPEG, turned upright |
//! | PNG | PNG; an opaque photograph becomes JPEG |
//! | APNG | its default image, as PNG or JPEG: the animation is lost |
//! | GIF | GIF, the same frames, nothing quantised again |
//! | WebP | PNG when it has transparency, else JPEG |
//! | animated WebP | animated GIF |
//!
//! All functions are pure and block the thread, for up to some seconds with the largest images:
//! call them where blocking is allowed.
//!
//! **Memory.** A call holds about 8 bytes for each pixel and three times the input. The worst files measured, a
//! progressive JPEG and a GIF of 40 Mpx, took 250 and 300 MB; a photograph of 12 Mpx takes 80. All calls share
//! [`Limits::memory`]: one that finds too little left waits.

mod animation;
mod gif_blocks;
mod jpeg;
mod palette;
mod portrait;
pub(crate) mod probe;
mod reader;
mod scale;
mod size;
mod still;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use image::DynamicImage;

pub use portrait::portrait;

use crate::error::{Code, Error};
use crate::memory::{self, Budget, Share};
use probe::Header;
use still::Still;

/// The maximum dimensions of an image.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Pixels of the longer side.
    pub side: u32,
    /// Pixels of one image, or of the canvas of an animated GIF. The canvas of an animated WebP may
    /// have a quarter of it, because several canvases are held during the conversion to GIF.
    pub pixels: u64,
    /// Frames of an animation.
    pub frames: u32,
    /// Pixels of the canvas times the number of frames.
    pub frames_pixels: u64,
    /// Bytes of the written file.
    pub bytes: usize,
    /// Pixels of the longer side of the thumbnail.
    pub thumbnail_side: u32,
    /// Pixels of the side of a portrait, at most; twice the largest size on a page.
    pub portrait_side: u32,
    /// The memory that all images being decoded share.
    pub memory: Arc<Budget>,
}

impl Limits {
    /// Waits until there is enough memory to decode an image.
    fn reserve(&self, header: &Header<'_>, bytes: &[u8]) -> Result<Share<'_>, Refused> {
        // The file itself, a copy that a decoder makes, and what is written.
        let needed = header.memory() + 3 * bytes.len() as u64;
        self.memory.take(needed).ok_or(Refused::TooLarge("the picture is too large for the memory of the server"))
    }
}

/// Returns how much memory images may take: a quarter of what there is. A photograph of 12 megapixels always has
/// enough, and more than the largest image needs is of no use.
fn memory() -> u64 {
    (memory::available().unwrap_or(u64::MAX) / 4).clamp(128 << 20, 416 << 20)
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            side: 8_192,
            pixels: 40_000_000,
            frames: 500,
            frames_pixels: 200_000_000,
            bytes: 50 << 20,
            thumbnail_side: 640,
            portrait_side: 256,
            memory: Arc::new(Budget::new(memory())),
        }
    }
}

/// An image that this module encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// `image/png`, `image/jpeg` or `image/gif`.
    pub media_type: &'static str,
    pub bytes: Vec<u8>,
    pub width: u32,
    pub height: u32,
    /// Whether it has more than one frame.
    pub animated: bool,
    /// A smaller copy, when a side is longer than [`Limits::thumbnail_side`]. An animation always
    /// has one, however small it is: its first frame, for users who prefer reduced motion.
    pub thumbnail: Option<Thumbnail>,
    /// A thumbhash, base 64 without padding, of at most 34 characters.
    pub placeholder: String,
}

/// A still, smaller copy of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thumbnail {
    /// `image/png` when it has transparency, else `image/jpeg`.
    pub media_type: &'static str,
    pub bytes: Vec<u8>,
}

/// Why an image is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The first bytes are not those of a PNG, a JPEG, a GIF or a WebP.
    NotAPicture,
    /// It begins like an image but is truncated, contradictory or corrupt.
    Broken,
    /// It exceeds the limit that the sentence names.
    TooLarge(&'static str),
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        let (code, message) = match refused {
            Refused::NotAPicture => (Code::UnsupportedType, "a picture must be a PNG, JPEG, GIF or WebP file"),
            Refused::Broken => (Code::BadImage, "the picture cannot be read"),
            Refused::TooLarge(why) => (Code::BadImage, why),
        };
        Self { message: Cow::Borrowed(message), ..Self::new(code) }
    }
}

/// Every decoder or encoder error means a broken file: our own limits are stricter and are checked
/// first.
macro_rules! broken {
    ($($error:ty),+) => { $(impl From<$error> for Refused {
        fn from(_: $error) -> Self {
            Self::Broken
        }
    })+ };
}

broken!(image::ImageError, png::DecodingError, png::EncodingError, gif::DecodingError, gif::EncodingError);

/// Returns whether the first bytes of a file are those of an image that [`remake`] accepts. Twelve
/// bytes are enough.
pub fn is_picture(head: &[u8]) -> bool {
    probe::claim(head).is_some()
}

/// Decodes an image within `limits` and encodes it again.
///
/// The name and the declared type of the file are ignored; its first bytes decide.
///
/// # Errors
///
/// [`Refused::NotAPicture`] for every other type, [`Refused::TooLarge`] before anything is decoded,
/// or while writing when the new file would exceed [`Limits::bytes`], and [`Refused::Broken`] for
/// everything else, including a panic inside a decoder (which the panic hook still reports).
pub fn remake(bytes: &[u8], limits: &Limits) -> Result<Picture, Refused> {
    guard(|| remake_or_panic(bytes, limits))
}

/// Turns a panic of a decoder into [`Refused::Broken`], so that a bug in it costs only this
/// request. Nothing that `work` could leave half done outlives it.
fn guard<T>(work: impl FnOnce() -> Result<T, Refused>) -> Result<T, Refused> {
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(Refused::Broken))
}

fn remake_or_panic(bytes: &[u8], limits: &Limits) -> Result<Picture, Refused> {
    let header = probe::probe(bytes, limits)?;
    let _memory = limits.reserve(&header, bytes)?;
    match header {
        Header::Png { png, is_dense, .. } => {
            let still = still::decode_png(png)?;
            let is_photograph = is_dense && !still.pixels.color().has_alpha();
            still_picture(&still, if is_photograph { Format::Jpeg } else { Format::Png }, limits)
        }
        Header::Jpeg(jpeg) => still_picture(&still::decode_jpeg(&jpeg, limits)?, Format::Jpeg, limits),
        Header::Webp { webp, is_animated: false, .. } => {
            let still = still::decode_webp(webp)?;
            let format = if still.pixels.color().has_alpha() { Format::Png } else { Format::Jpeg };
            still_picture(&still, format, limits)
        }
        Header::Webp { webp, is_animated: true, .. } => animated_picture(animation::webp_to_gif(webp, limits)?, limits),
        Header::Gif(gif) => animated_picture(animation::copy_gif(&gif, limits)?, limits),
    }
}

fn still_picture(still: &Still, format: Format, limits: &Limits) -> Result<Picture, Refused> {
    let (width, height) = (still.pixels.width(), still.pixels.height());
    let is_large = width.max(height) > limits.thumbnail_side;
    Ok(Picture {
        media_type: format.media_type(),
        bytes: still::encode(still, format, limits)?,
        width,
        height,
        animated: false,
        thumbnail: if is_large { Some(thumbnail(still, limits)?) } else { None },
        placeholder: placeholder(&still.pixels),
    })
}

fn animated_picture(gif: animation::Gif, limits: &Limits) -> Result<Picture, Refused> {
    let first = Still::without_profile(gif.first);
    let (width, height) = (first.pixels.width(), first.pixels.height());
    let is_large = width.max(height) > limits.thumbnail_side;
    Ok(Picture {
        media_type: "image/gif",
        bytes: gif.bytes,
        width,
        height,
        animated: gif.is_animated,
        thumbnail: if is_large || gif.is_animated { Some(thumbnail(&first, limits)?) } else { None },
        placeholder: placeholder(&first.pixels),
    })
}

fn thumbnail(still: &Still, limits: &Limits) -> Result<Thumbnail, Refused> {
    let small = scale::fit(&still.pixels, limits.thumbnail_side);
    let format = if small.color().has_alpha() { Format::Png } else { Format::Jpeg };
    let small = Still { pixels: small, profile: still.profile.clone() };
    Ok(Thumbnail { media_type: format.media_type(), bytes: still::encode(&small, format, limits)? })
}

fn placeholder(pixels: &DynamicImage) -> String {
    // More pixels make the hash slower but no better, and the crate panics on them.
    let small = scale::fit(pixels, 100).into_rgba8();
    let hash = thumbhash::rgba_to_thumb_hash(small.width() as usize, small.height() as usize, &small);
    STANDARD_NO_PAD.encode(hash)
}

/// The file format of a still image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Png,
    Jpeg,
}

impl Format {
    fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
        }
    }
}

/// The output file, which refuses to grow beyond its limit.
struct Output {
    bytes: Vec<u8>,
    max: usize,
    is_full: bool,
}

impl Output {
    /// Collects what `encode` writes. Whatever error an encoder reports for a full file, the limit
    /// was the reason.
    fn gather<T>(
        limits: &Limits,
        encode: impl FnOnce(&mut Self) -> Result<T, Refused>,
    ) -> Result<(Vec<u8>, T), Refused> {
        let mut output = Self { bytes: Vec::new(), max: limits.bytes, is_full: false };
        let encoded = encode(&mut output);
        if output.is_full {
            return Err(Refused::TooLarge("the picture takes too many bytes when it is encoded again"));
        }
        Ok((output.bytes, encoded?))
    }
}

impl io::Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() > self.max - self.bytes.len() {
            self.is_full = true;
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
