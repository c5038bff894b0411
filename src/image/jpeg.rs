//! The structure of a JPEG: read for its size, and put into the form that the decoder and browsers read alike.
//!
//! Browsers follow libjpeg. It shows a picture whose end marker is missing, and it decides by rules of its own what
//! the three or four components are when the markers disagree. The decoder knows neither.

use std::borrow::Cow;
use std::ops::Range;

use super::reader::Reader;
use super::size::check_size;
use super::{Limits, Refused};

/// Decoding time grows with the scans of a progressive JPEG, and an empty scan costs a few bytes.
/// Encoders write about ten.
const SCANS: u32 = 64;
const END: [u8; 2] = [0xFF, 0xD9];
/// An Adobe marker which says that four components are YCCK.
const ADOBE_YCCK: &[u8] = b"\xFF\xEE\0\x0EAdobe\0\x64\0\0\0\0\x02";

/// A JPEG without what follows its end, in the form that the decoder reads.
#[derive(Debug)]
pub(super) struct Jpeg<'a> {
    pub(super) bytes: Cow<'a, [u8]>,
    pub(super) size: (u32, u32),
    /// Whether the end marker was there. If not, it has been added, and the file may have been cut off.
    pub(super) is_ended: bool,
}

impl Jpeg<'_> {
    /// Returns the file with other bytes before its end. A decoder that needs none of them has all of the picture.
    pub(super) fn with_tail(&self) -> Vec<u8> {
        // Codes of all kinds, and no marker.
        let tail: Vec<u8> = (1..128).map(|number: u32| (number * 151 % 255) as u8).collect();
        [&self.bytes[..self.bytes.len() - END.len()], &tail, &END].concat()
    }
}

/// Follows the markers from SOI to EOI, over the entropy-coded data between them.
pub(super) fn read<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Jpeg<'a>, Refused> {
    let mut reader = Reader { bytes, at: 2 };
    let mut markers = Markers::default();
    let is_ended = loop {
        match markers.follow(&mut reader, limits) {
            Ok(true) => break true,
            Ok(false) => {}
            // Phones write panoramas like this: a scan, and then data of their own.
            Err(Refused::Broken) if markers.scans > 0 => break false,
            Err(refused) => return Err(refused),
        }
    };
    let end = if is_ended { reader.at } else { markers.scan_end.unwrap_or(bytes.len()) };
    let bytes = markers.put_plainly(&bytes[..end], is_ended);
    Ok(Jpeg { bytes, size: markers.size.ok_or(Refused::Broken)?, is_ended })
}

/// What the markers have said.
#[derive(Default)]
struct Markers {
    size: Option<(u32, u32)>,
    /// The names of the components, and where they are: in the frame header, then in the scan headers.
    names: Vec<u8>,
    names_at: Vec<usize>,
    scan_names_at: Vec<usize>,
    is_jfif: bool,
    /// The colour transform of the last valid Adobe marker.
    transform: Option<u8>,
    /// Where the Adobe markers are, with their segments.
    adobe: Vec<Range<usize>>,
    scans: u32,
    /// Where the first marker behind the last scan is.
    scan_end: Option<usize>,
}

impl Markers {
    /// Follows one marker and its segment. Returns `true` at the end marker.
    fn follow(&mut self, reader: &mut Reader<'_>, limits: &Limits) -> Result<bool, Refused> {
        let marker = reader.marker()?;
        let at = reader.at - 2;
        if self.scans > 0 {
            self.scan_end.get_or_insert(at);
        }
        match (marker, self.size) {
            // A frame header of any kind; the three missing numbers are tables. A second one could
            // give the decoder another size than we have read.
            (0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF, None) => self.frame(reader, limits)?,
            (0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF, Some(_)) => return Err(Refused::Broken),
            (0xDA, Some(_)) => self.scan(reader)?,
            (0xD9, Some(_)) if self.scans > 0 => return Ok(true),
            (0xDA | 0xD9, _) => return Err(Refused::Broken),
            (0xC4 | 0xCC | 0xDB..=0xDD | 0xE1..=0xED | 0xEF | 0xFE, _) => drop(reader.segment()?),
            (0xE0, _) => {
                let data = reader.segment()?;
                self.is_jfif |= data.len() >= 14 && data.starts_with(b"JFIF\0");
            }
            (0xEE, _) => {
                let data = reader.segment()?;
                if data.starts_with(b"Adobe") {
                    self.adobe.push(at..reader.at);
                    self.transform = data.get(11).copied().or(self.transform);
                }
            }
            // Behind a scan, anything else is no longer part of the picture.
            _ if self.scans > 0 => return Err(Refused::Broken),
            // SOI and TEM have no length; every other segment has one and is skipped.
            (0x01 | 0xD8, _) => {}
            _ => drop(reader.segment()?),
        }
        Ok(false)
    }

    fn frame(&mut self, reader: &mut Reader<'_>, limits: &Limits) -> Result<(), Refused> {
        let data_at = reader.at + 2;
        let mut frame = Reader { bytes: reader.segment()?, at: 1 };
        let (height, width) = (frame.u16_be()?, frame.u16_be()?);
        check_size(width.into(), height.into(), limits)?;
        let [count] = frame.array()?;
        for _ in 0..count.min(4) {
            self.names_at.push(data_at + frame.at);
            let [name, _, _] = frame.array()?;
            self.names.push(name);
        }
        self.size = Some((width.into(), height.into()));
        Ok(())
    }

    fn scan(&mut self, reader: &mut Reader<'_>) -> Result<(), Refused> {
        let data_at = reader.at + 2;
        let data = reader.segment()?;
        let count = usize::from(*data.first().ok_or(Refused::Broken)?);
        let places = (0..count).map(|number| 1 + 2 * number);
        let is_valid = (1..=4).contains(&count) && data.len() == 4 + 2 * count;
        if !is_valid || !places.clone().all(|at| self.names.contains(&data[at])) {
            return Err(Refused::Broken);
        }
        self.scans += 1;
        if self.scans > SCANS {
            return Err(Refused::TooLarge("the picture has too many scans"));
        }
        self.scan_names_at.extend(places.map(|at| data_at + at));
        self.scan_end = None;
        Ok(())
    }

    /// Writes the file so that its markers say one thing: what libjpeg takes from them.
    fn put_plainly<'a>(&self, bytes: &'a [u8], is_ended: bool) -> Cow<'a, [u8]> {
        let names = self.plain_names();
        if is_ended && self.adobe.is_empty() && names.is_none() {
            return Cow::Borrowed(bytes);
        }
        let mut plain = Vec::with_capacity(bytes.len() + ADOBE_YCCK.len() + END.len());
        plain.extend_from_slice(&bytes[..2]);
        if self.names.len() == 4 && self.transform.is_some_and(|transform| transform != 0) {
            plain.extend_from_slice(ADOBE_YCCK);
        }
        let mut from = 2;
        for marker in self.adobe.iter().filter(|marker| marker.end <= bytes.len()) {
            plain.extend_from_slice(&bytes[from..marker.start]);
            from = marker.end;
        }
        plain.extend_from_slice(&bytes[from..]);
        self.rename(&mut plain, bytes.len(), names);
        if !is_ended {
            while plain.last() == Some(&0xFF) {
                plain.pop();
            }
            plain.extend_from_slice(&END);
        }
        Cow::Owned(plain)
    }

    /// Returns the names by which the decoder takes three components for what they are, if they have others.
    fn plain_names(&self) -> Option<[u8; 3]> {
        let names = <[u8; 3]>::try_from(&self.names[..]).ok()?;
        let is_rgb = !self.is_jfif && self.transform.map_or(names == *b"RGB", |transform| transform == 0);
        let plain = if is_rgb { *b"RGB" } else { [1, 2, 3] };
        (is_rgb != (names == *b"RGB")).then_some(plain)
    }

    /// Gives the components other names. `length` is that of the file in which they were found.
    fn rename(&self, plain: &mut [u8], length: usize, names: Option<[u8; 3]>) {
        let Some(names) = names else { return };
        for &at in self.names_at.iter().chain(&self.scan_names_at).filter(|&&at| at < length) {
            let removed: usize = self.adobe.iter().filter(|marker| marker.end <= at).map(Range::len).sum();
            let name = plain.get_mut(at - removed);
            let number = |name: u8| self.names.iter().position(|&known| known == name);
            if let Some(name) = name
                && let Some(number) = number(*name)
            {
                *name = names[number];
            }
        }
    }
}
