//! QR codes.

use qrcode::{Color, EcLevel, QrCode};

use crate::error::{Error, Result};

/// Draws a text as a QR code: black on white with a margin of four modules, which cameras need in
/// every theme.
pub(super) fn svg(text: &str) -> Result<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(Error::internal)?;
    let (width, side) = (code.width(), code.width() + 8);
    let mut dark = String::new();
    for (y, row) in code.to_colors().chunks(width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            if run[0] == Color::Dark {
                dark += &format!("M{} {}h{length}v1h-{length}z", x + 4, y + 4, length = run.len());
            }
            x += run.len();
        }
    }
    Ok(format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges"><rect width="{side}" height="{side}" fill="#fff"/><path d="{dark}" fill="#000"/></svg>"##
    ))
}
