//! A cursor over the bytes of a file, with the units of the containers.

use super::Refused;

/// The kind of a RIFF chunk and its data.
pub(super) type Chunk<'a> = (&'a [u8; 4], &'a [u8]);

/// A cursor over bytes. Reading past the end is [`Refused::Broken`].
pub(super) struct Reader<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], Refused> {
        let end = self.at.checked_add(length).ok_or(Refused::Broken)?;
        let taken = self.bytes.get(self.at..end).ok_or(Refused::Broken)?;
        self.at = end;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Refused> {
        self.take(N)?.try_into().map_err(|_| Refused::Broken)
    }

    pub(super) fn u16_be(&mut self) -> Result<u16, Refused> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    pub(super) fn u16_le(&mut self) -> Result<u16, Refused> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    pub(super) fn u32_be(&mut self) -> Result<u32, Refused> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    pub(super) fn u32_le(&mut self) -> Result<u32, Refused> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(super) fn u24_le(&mut self) -> Result<u32, Refused> {
        let [a, b, c] = self.array()?;
        Ok(u32::from_le_bytes([a, b, c, 0]))
    }

    /// Returns the next JPEG marker, after padding, stuffed bytes, restart markers and other
    /// non-markers.
    pub(super) fn marker(&mut self) -> Result<u8, Refused> {
        let rest = self.bytes.get(self.at..).ok_or(Refused::Broken)?;
        let is_marker = |pair: &[u8]| pair[0] == 0xFF && !matches!(pair[1], 0x00 | 0xFF | 0xD0..=0xD7);
        let skipped = rest.windows(2).position(is_marker).ok_or(Refused::Broken)?;
        self.at += skipped + 2;
        Ok(rest[skipped + 1])
    }

    /// Returns the data of a JPEG segment, whose length counts its own two bytes.
    pub(super) fn segment(&mut self) -> Result<&'a [u8], Refused> {
        let length = self.u16_be()?;
        self.take(usize::from(length).checked_sub(2).ok_or(Refused::Broken)?)
    }

    /// Returns the next RIFF chunk, or `None` at the end. The padding byte of the last one may be
    /// missing.
    pub(super) fn chunk(&mut self) -> Result<Option<Chunk<'a>>, Refused> {
        if self.at >= self.bytes.len() {
            return Ok(None);
        }
        let kind = self.take(4)?.try_into().map_err(|_| Refused::Broken)?;
        let length = self.u32_le()? as usize;
        let data = self.take(length)?;
        self.at += length % 2;
        Ok(Some((kind, data)))
    }
}
