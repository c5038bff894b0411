//! Still images: decoded upright into 8 bits a channel, and encoded.

use std::io::Cursor;

use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use image::codecs::webp::WebPDecoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageEncoder};

use super::jpeg::Jpeg;
use super::{Format, Limits, Output, Refused, palette};

/// Below 80, blocks show in flat areas; above 90, files double without a visible gain.
const JPEG_QUALITY: u8 = 85;

/// A 4K screenshot is compressed well. Above that size it would take up to twelve seconds, while
/// fast compression takes one second for a file at most twice as large.
const WELL_PACKED_PIXELS: u64 = 3_840 * 2_160;

/// Profiles of cameras and screens have half a kilobyte to four; larger ones are for printers.
const PROFILE_BYTES: usize = 64 << 10;

/// A decoded image. Its pixels are `L8`, `La8`, `Rgb8` or `Rgba8`, with an alpha channel only if
/// something is transparent.
pub(super) struct Still {
    pub(super) pixels: DynamicImage,
    /// An ICC profile that fits these pixels.
    pub(super) profile: Option<Vec<u8>>,
}

impl Still {
    pub(super) fn without_profile(pixels: DynamicImage) -> Self {
        Self { pixels: opaque(pixels), profile: None }
    }

    fn upright(mut pixels: DynamicImage, orientation: Orientation, profile: Option<Vec<u8>>) -> Self {
        pixels.apply_orientation(orientation);
        let pixels = opaque(pixels);
        let profile = profile.filter(|profile| fits(profile, &pixels));
        Self { pixels, profile }
    }
}

/// Decodes a PNG; of an animated one, the default image.
pub(super) fn decode_png(png: &[u8]) -> Result<Still, Refused> {
    // This limits what is allocated besides the pixels: rows, and a profile that may be a bomb.
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(png), png::Limits { bytes: 4 << 20 });
    decoder.set_ignore_text_chunk(true);
    // Eight bits instead of sixteen halve the memory, and screens show no more.
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
    let mut reader = decoder.read_info()?;
    let mut pixels = vec![0; reader.output_buffer_size().ok_or(Refused::Broken)?];
    reader.next_frame(&mut pixels)?;

    let (width, height) = reader.info().size();
    let pixels = match reader.output_color_type().0 {
        png::ColorType::Grayscale => buffer(width, height, pixels).map(DynamicImage::ImageLuma8),
        png::ColorType::GrayscaleAlpha => buffer(width, height, pixels).map(DynamicImage::ImageLumaA8),
        png::ColorType::Rgb => buffer(width, height, pixels).map(DynamicImage::ImageRgb8),
        png::ColorType::Rgba => buffer(width, height, pixels).map(DynamicImage::ImageRgba8),
        png::ColorType::Indexed => None,
    };
    let pixels = pixels.ok_or(Refused::Broken)?;
    let info = reader.info();
    let orientation = info.exif_metadata.as_deref().and_then(Orientation::from_exif_chunk);
    let profile = info.icc_profile.as_deref().map(<[u8]>::to_vec);
    Ok(Still::upright(pixels, orientation.unwrap_or(Orientation::NoTransforms), profile))
}

fn buffer<P: image::Pixel<Subpixel = u8>>(w: u32, h: u32, pixels: Vec<u8>) -> Option<image::ImageBuffer<P, Vec<u8>>> {
    image::ImageBuffer::from_raw(w, h, pixels)
}

/// Decodes a JPEG. One without an end marker may have been cut off: then it looks different when other bytes follow.
pub(super) fn decode_jpeg(jpeg: &Jpeg<'_>, limits: &Limits) -> Result<Still, Refused> {
    let still = decode_jpeg_bytes(&jpeg.bytes, jpeg.size, limits)?;
    if !jpeg.is_ended && decode_jpeg_bytes(&jpeg.with_tail(), jpeg.size, limits)?.pixels != still.pixels {
        return Err(Refused::Broken);
    }
    Ok(still)
}

fn decode_jpeg_bytes(jpeg: &[u8], size: (u32, u32), limits: &Limits) -> Result<Still, Refused> {
    let mut decoder = JpegDecoder::new(Cursor::new(jpeg))?;
    let mut bounds = image::Limits::no_limits();
    bounds.max_image_width = Some(limits.side);
    bounds.max_image_height = Some(limits.side);
    decoder.set_limits(bounds)?;
    if decoder.dimensions() != size {
        return Err(Refused::Broken);
    }
    decode(decoder)
}

/// Decodes a WebP; of an animated one, the first frame. Its sizes must have been probed.
pub(super) fn decode_webp(webp: &[u8]) -> Result<Still, Refused> {
    decode(WebPDecoder::new(Cursor::new(webp))?)
}

fn decode(mut decoder: impl ImageDecoder) -> Result<Still, Refused> {
    // Broken metadata is ignored: the image matters more.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let profile = decoder.icc_profile().unwrap_or(None);
    Ok(Still::upright(DynamicImage::from_decoder(decoder)?, orientation, profile))
}

/// Removes an alpha channel that is opaque everywhere. Many screenshots have one. Large images are not copied for it.
fn opaque(pixels: DynamicImage) -> DynamicImage {
    let (width, height) = (pixels.width(), pixels.height());
    let opaque = match pixels {
        DynamicImage::ImageLumaA8(it) if it.pixels().all(|pixel| pixel[1] == 255) => {
            buffer(width, height, without_last::<2>(it.into_raw())).map(DynamicImage::ImageLuma8)
        }
        DynamicImage::ImageRgba8(it) if it.pixels().all(|pixel| pixel[3] == 255) => {
            buffer(width, height, without_last::<4>(it.into_raw())).map(DynamicImage::ImageRgb8)
        }
        other => Some(other),
    };
    opaque.unwrap_or_default()
}

/// Removes the last of every `N` bytes, in place.
fn without_last<const N: usize>(mut bytes: Vec<u8>) -> Vec<u8> {
    let count = bytes.len() / N;
    for pixel in 0..count {
        bytes.copy_within(pixel * N..pixel * N + N - 1, pixel * (N - 1));
    }
    bytes.truncate(count * (N - 1));
    bytes
}

/// Returns whether a profile is valid (ICC.1, 7.2) and describes the pixel format that we write. A
/// CMYK profile does not, because the image has become RGB.
fn fits(profile: &[u8], pixels: &DynamicImage) -> bool {
    let space: &[u8] = if pixels.color().has_color() { b"RGB " } else { b"GRAY" };
    (128..=PROFILE_BYTES).contains(&profile.len())
        && profile[0..4] == (profile.len() as u32).to_be_bytes()
        && profile[16..20] == *space
        && profile[36..40] == *b"acsp"
}

/// Encodes an image. JPEG has no alpha channel, so transparency is lost there.
pub(super) fn encode(still: &Still, format: Format, limits: &Limits) -> Result<Vec<u8>, Refused> {
    let write = match format {
        Format::Png => encode_png,
        Format::Jpeg => encode_jpeg,
    };
    Ok(Output::gather(limits, |output| write(still, output))?.0)
}

fn encode_jpeg(still: &Still, output: &mut Output) -> Result<(), Refused> {
    let mut encoder = JpegEncoder::new_with_quality(output, JPEG_QUALITY);
    if let Some(profile) = &still.profile {
        encoder.set_icc_profile(profile.clone()).map_err(|_| Refused::Broken)?;
    }
    Ok(still.pixels.write_with_encoder(encoder)?)
}

fn encode_png(still: &Still, output: &mut Output) -> Result<(), Refused> {
    let pixels = &still.pixels;
    let mut info = png::Info::with_size(pixels.width(), pixels.height());
    info.bit_depth = png::BitDepth::Eight;
    info.icc_profile = still.profile.as_deref().map(Into::into);
    // Pixel art and drawings of few colours take a third of the size with a palette.
    let indexed = palette::exact(pixels, 256);
    let data = match &indexed {
        Some(indexed) => {
            info.color_type = png::ColorType::Indexed;
            info.palette = Some(indexed.rgb().into());
            info.trns = pixels.color().has_alpha().then(|| indexed.alpha().into());
            &indexed.indices
        }
        None => {
            info.color_type = match pixels {
                DynamicImage::ImageLuma8(_) => png::ColorType::Grayscale,
                DynamicImage::ImageLumaA8(_) => png::ColorType::GrayscaleAlpha,
                DynamicImage::ImageRgb8(_) => png::ColorType::Rgb,
                _ => png::ColorType::Rgba,
            };
            pixels.as_bytes()
        }
    };
    let mut encoder = png::Encoder::with_info(output, info)?;
    encoder.set_filter(if indexed.is_some() { png::Filter::NoFilter } else { png::Filter::Adaptive });
    let is_vast = u64::from(pixels.width()) * u64::from(pixels.height()) > WELL_PACKED_PIXELS;
    encoder.set_compression(if is_vast { png::Compression::Fast } else { png::Compression::Balanced });
    let mut writer = encoder.write_header()?;
    writer.write_image_data(data)?;
    Ok(writer.finish()?)
}
