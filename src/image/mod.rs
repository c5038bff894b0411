//! Pictures from strangers, decoded within limits and written anew.
//!
//! What a stranger sends is never stored: its pixels are. [`remake`] tells the type by the first
//! bytes alone, reads sizes from the headers, refuses what is too large before a decoder runs, and
//! writes a fresh file that holds pixels, a colour profile and, for an animation, its timing. EXIF
//! (with its places and serial numbers), XMP, comments, thumbnails inside, and whatever follows
//! the picture in the file do not survive that.
//!
//! | in | out |
//! |---|---|
//! | JPEG | JPEG, turned upright |
//! | PNG | PNG; an opaque photograph becomes JPEG |
//! | APNG | its default image, as PNG or JPEG: the animation is lost |
//! | GIF | GIF, the same frames, nothing quantised again |
//! | WebP | PNG when something shows through it, else JPEG |
//! | animated WebP | animated GIF |
//!
//! Everything here is a pure function of its arguments and blocks the thread for as long as it
//! takes, up to some seconds for the largest pictures: call it where blocking is allowed.
//!
//! **Memory.** Held at once are at most about 8 bytes for each of [`Limits::pixels`], three times
//! the input and twice [`Limits::bytes`]: some 500 MB at the defaults. The worst files tried, a
//! progressive JPEG and a GIF of 40 Mpx, took 250 and 300 MB, a photograph of 12 Mpx takes 80. Let
//! as many of these run at once as the machine has memory for.

mod animation;
mod palette;
mod portrait;
pub(crate) mod probe;
mod scale;
mod still;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::io;
use std::panic::{self, UnwindSafe};

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use image::DynamicImage;

pub use portrait::portrait;

use crate::error::{Code, Error};
use probe::Header;
use still::Still;

/// What a picture may measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Pixels of the longer side.
    pub side: u32,
    /// Pixels of one picture, or of the canvas of an animated GIF. The canvas of an animated WebP
    /// may have a quarter of it, because several canvases are held while it becomes a GIF.
    pub pixels: u64,
    /// Frames of an animation.
    pub frames: u32,
    /// Pixels of the canvas times the number of frames.
    pub frames_pixels: u64,
    /// Bytes of the file that is written.
    pub bytes: usize,
    /// Pixels of the longer side of the thumbnail.
    pub thumbnail_side: u32,
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
        }
    }
}

/// A picture of our own making.
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
    /// has one, however small it is: its first frame at rest, for who asks for less motion.
    pub thumbnail: Option<Thumbnail>,
    /// A thumbhash, base 64 without padding, of at most 34 characters.
    pub placeholder: String,
}

/// A still and smaller copy of a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thumbnail {
    /// `image/png` when something shows through it, else `image/jpeg`.
    pub media_type: &'static str,
    pub bytes: Vec<u8>,
}

/// Why a picture is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The first bytes are not those of a PNG, a JPEG, a GIF or a WebP.
    NotAPicture,
    /// It begins like a picture and does not keep the promise: cut off, contradictory, corrupt.
    Broken,
    /// It is over a limit, which the sentence names.
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

/// What the decoders and encoders find wrong is all the same to us: their limits lie beyond ours,
/// which are checked first, so it is the file.
macro_rules! broken {
    ($($error:ty),+) => { $(impl From<$error> for Refused {
        fn from(_: $error) -> Self {
            Self::Broken
        }
    })+ };
}

broken!(image::ImageError, png::DecodingError, png::EncodingError, gif::DecodingError, gif::EncodingError);

/// Whether the first bytes of a file are those of a picture that [`remake`] takes. Twelve of them
/// tell.
pub fn is_picture(head: &[u8]) -> bool {
    probe::claim(head).is_some()
}

/// Decodes a picture within `limits` and writes it anew.
///
/// The name and the declared type of the file do not matter; its first bytes decide.
///
/// # Errors
///
/// [`Refused::NotAPicture`] for every other type, [`Refused::TooLarge`] before anything is decoded,
/// or while writing when the new file would be over [`Limits::bytes`], and [`Refused::Broken`] for
/// everything else, a panic inside a decoder included (which the panic hook still reports).
pub fn remake(bytes: &[u8], limits: &Limits) -> Result<Picture, Refused> {
    guard(|| remake_or_panic(bytes, limits))
}

/// The decoders are written for hostile input, yet one slip in them must cost its sender an answer
/// and not us a worker. Nothing outlives `work` that a panic could leave half done.
fn guard<T>(work: impl FnOnce() -> Result<T, Refused> + UnwindSafe) -> Result<T, Refused> {
    panic::catch_unwind(work).unwrap_or(Err(Refused::Broken))
}

fn remake_or_panic(bytes: &[u8], limits: &Limits) -> Result<Picture, Refused> {
    match probe::probe(bytes, limits)? {
        Header::Png { png, is_dense } => {
            let still = still::decode_png(png)?;
            let is_photograph = is_dense && !still.pixels.color().has_alpha();
            still_picture(&still, if is_photograph { Format::Jpeg } else { Format::Png }, limits)
        }
        Header::Jpeg { jpeg, size } => still_picture(&still::decode_jpeg(jpeg, size, limits)?, Format::Jpeg, limits),
        Header::Webp { webp, is_animated: false } => {
            let still = still::decode_webp(webp)?;
            let format = if still.pixels.color().has_alpha() { Format::Png } else { Format::Jpeg };
            still_picture(&still, format, limits)
        }
        Header::Webp { webp, is_animated: true } => animated_picture(animation::webp_to_gif(webp, limits)?, limits),
        Header::Gif { is_animated } => {
            let copy = animation::copy_gif(bytes, is_animated, limits)?;
            animated_picture(copy, limits)
        }
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
    // More pixels than this make the hash slower and no better, and the crate panics on them.
    let small = scale::fit(pixels, 100).into_rgba8();
    let hash = thumbhash::rgba_to_thumb_hash(small.width() as usize, small.height() as usize, &small);
    STANDARD_NO_PAD.encode(hash)
}

/// How a still is written.
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

/// The file being written, which refuses to grow beyond its limit.
struct Output {
    bytes: Vec<u8>,
    max: usize,
    is_full: bool,
}

impl Output {
    /// Gathers what `encode` writes. Whatever an encoder says of a full file, the limit was the
    /// reason.
    fn gather<T>(
        limits: &Limits,
        encode: impl FnOnce(&mut Self) -> Result<T, Refused>,
    ) -> Result<(Vec<u8>, T), Refused> {
        let mut output = Self { bytes: Vec::new(), max: limits.bytes, is_full: false };
        let encoded = encode(&mut output);
        if output.is_full {
            return Err(Refused::TooLarge("the picture takes too many bytes when written anew"));
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
