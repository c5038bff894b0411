//! The checks of sizes, before a decoder runs.

use super::{Limits, Refused};

/// Refuses sizes that are zero or too large.
pub(super) fn check_size(width: u32, height: u32, limits: &Limits) -> Result<(), Refused> {
    if width == 0 || height == 0 {
        return Err(Refused::Broken);
    }
    if width.max(height) > limits.side {
        return Err(Refused::TooLarge("a side of the picture is too long"));
    }
    if pixels(width, height) > limits.pixels {
        return Err(Refused::TooLarge("the picture has too many pixels"));
    }
    Ok(())
}

pub(super) fn check_frames(frames: u32, width: u32, height: u32, limits: &Limits) -> Result<(), Refused> {
    if frames > limits.frames {
        return Err(Refused::TooLarge("the animation has too many frames"));
    }
    if u64::from(frames) * pixels(width, height) > limits.frames_pixels {
        return Err(Refused::TooLarge("the animation has too many pixels in all its frames"));
    }
    Ok(())
}

pub(super) fn pixels(width: u32, height: u32) -> u64 {
    u64::from(width) * u64::from(height)
}
