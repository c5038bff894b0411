//! Downscaling.

use image::{DynamicImage, RgbaImage};

/// Scales the image so that its longer side is at most `side`, keeping its proportions; it never
/// enlarges.
///
/// Every pixel is the exact mean of the area that it covers, so that nothing flickers or vanishes
/// at small sizes. Colours are weighted by their alpha; otherwise the invisible black around a
/// sticker would draw a dark rim. The pixel format stays, with alpha only if something is
/// transparent.
pub(super) fn fit(pixels: &DynamicImage, side: u32) -> DynamicImage {
    let (width, height) = (pixels.width(), pixels.height());
    let longer = width.max(height);
    if longer <= side {
        return pixels.clone();
    }
    let scaled = |length: u32| {
        let exact = f64::from(length) * f64::from(side) / f64::from(longer);
        (exact.round() as u32).max(1)
    };
    let size = (scaled(width), scaled(height));
    match pixels {
        DynamicImage::ImageLuma8(it) => {
            DynamicImage::from(shrink(it, width, size, |&[l]: &[u8; 1]| [l, l, l, 255])).into_luma8().into()
        }
        DynamicImage::ImageLumaA8(it) => {
            DynamicImage::from(shrink(it, width, size, |&[l, a]: &[u8; 2]| [l, l, l, a])).into_luma_alpha8().into()
        }
        DynamicImage::ImageRgb8(it) => {
            DynamicImage::from(shrink(it, width, size, |&[r, g, b]: &[u8; 3]| [r, g, b, 255])).into_rgb8().into()
        }
        DynamicImage::ImageRgba8(it) => shrink(it, width, size, |&color: &[u8; 4]| color).into(),
        // No decoder returns another format; one would still come out right.
        other => shrink(&other.to_rgba8(), width, size, |&color: &[u8; 4]| color).into(),
    }
}

/// How a source pixel divides between its target pixel and the next one.
#[derive(Clone, Copy)]
struct Share {
    target: usize,
    here: f32,
    next: f32,
}

/// Divides `from` pixels among `to`, with `to` at most `from`; the shares of each target sum to 1.
fn shares(from: u32, to: u32) -> Vec<Share> {
    let (from, to) = (u64::from(from), u64::from(to));
    let share = |index: u64| {
        // In units of 1/from of a target: this pixel covers [start, start + to).
        let start = index * to;
        let target = start / from;
        let here = to.min((target + 1) * from - start);
        let part = |units: u64| units as f32 / from as f32;
        Share { target: target as usize, here: part(here), next: part(to - here) }
    };
    (0..from).map(share).collect()
}

fn shrink<const N: usize>(
    source: &[u8],
    width: u32,
    (to_width, to_height): (u32, u32),
    rgba: impl Fn(&[u8; N]) -> [u8; 4],
) -> RgbaImage {
    let height = (source.len() / N / width as usize) as u32;
    let columns = shares(width, to_width);
    let rows = shares(height, to_height);
    let mut row_sums = vec![[0.0; 4]; to_width as usize];
    // The current row and the one after it; one extra row at the end takes shares of zero.
    let mut sums = vec![[0.0; 4]; (to_height as usize + 1) * to_width as usize];

    for (line, row) in source.as_chunks::<N>().0.chunks_exact(width as usize).zip(&rows) {
        row_sums.fill([0.0; 4]);
        for (pixel, column) in line.iter().zip(&columns) {
            let [r, g, b, a] = rgba(pixel).map(f32::from);
            let weighed = [r * a, g * a, b * a, a];
            add(&mut row_sums[column.target], weighed, column.here);
            if column.next > 0.0 {
                add(&mut row_sums[column.target + 1], weighed, column.next);
            }
        }
        let (here, next) = sums[row.target * to_width as usize..].split_at_mut(to_width as usize);
        for (index, &sum) in row_sums.iter().enumerate() {
            add(&mut here[index], sum, row.here);
            if row.next > 0.0 {
                add(&mut next[index], sum, row.next);
            }
        }
    }

    let colors = sums.iter().take(to_width as usize * to_height as usize).flat_map(|&[r, g, b, a]| {
        let plain = |sum: f32| if a > 0.0 { (sum / a).round() as u8 } else { 0 };
        [plain(r), plain(g), plain(b), a.round() as u8]
    });
    let colors: Vec<u8> = colors.collect();
    RgbaImage::from_raw(to_width, to_height, colors).unwrap_or_default()
}

fn add(sum: &mut [f32; 4], color: [f32; 4], share: f32) {
    for (sum, part) in sum.iter_mut().zip(color) {
        *sum += part * share;
    }
}
