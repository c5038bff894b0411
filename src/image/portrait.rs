//! Profile pictures: the middle of any image, as a small still square.

use super::{Format, Limits, Refused, Still, animation, guard, probe, scale, still};
use probe::Header;

/// Crops an image to its middle square, with sides within the limits, and encodes it as PNG
/// or JPEG. Of an animation, it takes the first frame.
///
/// # Errors
/// As [`remake`](super::remake).
pub fn portrait(bytes: &[u8], limits: &Limits) -> Result<Vec<u8>, Refused> {
    guard(|| {
        let whole = first_frame(bytes, limits)?;
        let (width, height) = (whole.pixels.width(), whole.pixels.height());
        let edge = width.min(height);
        let middle = whole.pixels.crop_imm((width - edge) / 2, (height - edge) / 2, edge, edge);
        let pixels = scale::fit(&middle, limits.portrait_side);
        let format = if pixels.color().has_alpha() { Format::Png } else { Format::Jpeg };
        still::encode(&Still { pixels, profile: whole.profile }, format, limits)
    })
}

fn first_frame(bytes: &[u8], limits: &Limits) -> Result<Still, Refused> {
    let header = probe::probe(bytes, limits)?;
    let _memory = limits.reserve(&header, bytes)?;
    Ok(match header {
        Header::Png { png, .. } => still::decode_png(png)?,
        Header::Jpeg(jpeg) => still::decode_jpeg(&jpeg, limits)?,
        Header::Webp { webp, is_animated: false, .. } => still::decode_webp(webp)?,
        Header::Webp { webp, is_animated: true, .. } => {
            Still::without_profile(animation::webp_to_gif(webp, limits)?.first)
        }
        Header::Gif(gif) => Still::without_profile(animation::copy_gif(&gif, limits)?.first),
    })
}
