//! Pictures as users upload them.

/// Returns a PNG of one colour.
pub fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&[0, 120, 200].repeat((width * height) as usize)).unwrap();
    drop(writer);
    bytes
}

/// Returns a GIF whose frames differ in colour.
pub fn gif(frames: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let palette: Vec<u8> = (0..=255).flat_map(|shade| [shade, 0, 255 - shade]).collect();
    let mut encoder = gif::Encoder::new(&mut bytes, 8, 8, &palette).unwrap();
    encoder.set_repeat(gif::Repeat::Infinite).unwrap();
    for shade in 0..frames {
        let mut frame = gif::Frame::from_indexed_pixels(8, 8, vec![shade; 64], None);
        frame.delay = 10;
        encoder.write_frame(&frame).unwrap();
    }
    drop(encoder);
    bytes
}

/// Counts the frames of a GIF.
pub fn frame_count(bytes: &[u8]) -> usize {
    let mut decoder = gif::DecodeOptions::new().read_info(bytes).unwrap();
    let mut count = 0;
    while decoder.read_next_frame().unwrap().is_some() {
        count += 1;
    }
    count
}

/// Returns a PNG whose header declares a huge size.
pub fn pixel_flood() -> Vec<u8> {
    let mut bytes = png(1, 1);
    bytes[16..20].copy_from_slice(&50_000u32.to_be_bytes());
    bytes[20..24].copy_from_slice(&50_000u32.to_be_bytes());
    bytes
}

/// Returns a PNG that is partly transparent.
pub fn translucent(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgba);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&[0, 120, 200, 90].repeat((width * height) as usize)).unwrap();
    drop(writer);
    bytes
}
