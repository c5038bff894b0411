//! Images with few colours, as indices of a palette.

use std::collections::HashMap;

use color_quant::NeuQuant;
use image::{DynamicImage, Rgba, RgbaImage};

/// How many pixels the quantiser samples. More make it slower but no better.
const SAMPLES: usize = 1 << 16;

/// An image as indices of a palette.
pub(super) struct Indexed {
    pub(super) colors: Vec<[u8; 4]>,
    /// One index for each pixel, row by row.
    pub(super) indices: Vec<u8>,
}

impl Indexed {
    pub(super) fn rgb(&self) -> Vec<u8> {
        self.colors.iter().flat_map(|&[r, g, b, _]| [r, g, b]).collect()
    }

    pub(super) fn alpha(&self) -> Vec<u8> {
        self.colors.iter().map(|color| color[3]).collect()
    }

    /// Returns the index of the fully transparent colour.
    pub(super) fn transparent(&self) -> Option<u8> {
        self.colors.iter().position(|color| color[3] == 0).and_then(|index| u8::try_from(index).ok())
    }
}

/// Returns the image without loss if it has at most `max` (up to 256) colours. Gray images are left
/// alone: they already take one byte a pixel.
pub(super) fn exact(pixels: &DynamicImage, max: usize) -> Option<Indexed> {
    match pixels {
        DynamicImage::ImageRgb8(it) => gather(it.pixels().map(|&image::Rgb([r, g, b])| [r, g, b, 255]), max),
        DynamicImage::ImageRgba8(it) => gather(it.pixels().map(|&Rgba(color)| color), max),
        _ => None,
    }
}

fn gather(pixels: impl ExactSizeIterator<Item = [u8; 4]>, max: usize) -> Option<Indexed> {
    let mut known = HashMap::new();
    let mut colors = Vec::new();
    let mut indices = Vec::new();
    // Drawings have runs of one colour, so the last result often repeats.
    let mut last = ([0; 4], None);
    for color in pixels {
        let index = match last {
            (same, Some(index)) if same == color => index,
            _ => {
                let index = *known.entry(color).or_insert_with(|| {
                    colors.push(color);
                    colors.len() - 1
                });
                if index >= max {
                    return None;
                }
                index as u8
            }
        };
        last = (color, Some(index));
        indices.push(index);
    }
    Some(Indexed { colors, indices })
}

/// Quantises the image to the 256 colours of a GIF; a pixel is either opaque or transparent.
pub(super) fn quantise(mut pixels: RgbaImage) -> Indexed {
    for pixel in pixels.pixels_mut() {
        *pixel = if pixel[3] < 128 { Rgba([0; 4]) } else { Rgba([pixel[0], pixel[1], pixel[2], 255]) };
    }
    let pixels = DynamicImage::ImageRgba8(pixels);
    match exact(&pixels, 256) {
        Some(indexed) => indexed,
        None => approximate(&pixels.into_rgba8()),
    }
}

fn approximate(pixels: &RgbaImage) -> Indexed {
    // The last index is for transparent pixels, which must not pull the colours towards black.
    const TRANSPARENT: u8 = 255;
    let there = || pixels.pixels().filter(|pixel| pixel[3] != 0);
    let step = there().count().div_ceil(SAMPLES).max(1);
    let samples: Vec<u8> = there().step_by(step).flat_map(|pixel| pixel.0).collect();
    let quantiser = NeuQuant::new(1, 255, &samples);
    let mut colors: Vec<_> = quantiser.color_map_rgba().chunks_exact(4).map(|c| [c[0], c[1], c[2], 255]).collect();
    colors.resize(255, [0, 0, 0, 255]);
    colors.push([0; 4]);

    // A search for the nearest colour is a hundred times slower than this table of the first five
    // bits of each channel, and the difference is invisible in an animation.
    let mut nearest = vec![None; 1 << 15];
    let mut index_of = |[r, g, b, _]: [u8; 4]| {
        let key = usize::from(r >> 3) << 10 | usize::from(g >> 3) << 5 | usize::from(b >> 3);
        *nearest[key].get_or_insert_with(|| quantiser.index_of(&[r | 4, g | 4, b | 4, 255]) as u8)
    };
    let indices = pixels.pixels().map(|it| if it[3] == 0 { TRANSPARENT } else { index_of(it.0) }).collect();
    Indexed { colors, indices }
}
