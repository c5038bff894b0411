//! Bech32 (BIP 173), in which age writes its keys.

const DIGITS: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
/// How many digits of a text are its checksum.
const CHECKSUM: usize = 6;

/// Returns the 32 bytes that a text has after its prefix; `None` if it is not one of these or has a typing error.
pub(super) fn decode(prefix: &str, text: &str) -> Option<[u8; 32]> {
    if text.bytes().any(|byte| byte.is_ascii_lowercase()) && text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    let text = text.to_ascii_lowercase();
    let digits = text.strip_prefix(prefix)?.strip_prefix('1')?.bytes();
    let digits: Option<Vec<u8>> =
        digits.map(|byte| DIGITS.iter().position(|digit| *digit == byte)).map(to_u8).collect();
    let digits = digits?;
    let high = prefix.bytes().map(|byte| byte >> 5);
    let low = prefix.bytes().map(|byte| byte & 31);
    if checksum(high.chain([0]).chain(low).chain(digits.iter().copied())) != 1 {
        return None;
    }
    let (mut bytes, mut bits, mut count) = (Vec::with_capacity(32), 0_u32, 0);
    for digit in digits.get(..digits.len().checked_sub(CHECKSUM)?)? {
        bits = bits << 5 | u32::from(*digit);
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    // What is left of the last digit is padding.
    if count >= 5 || bits != 0 { None } else { bytes.try_into().ok() }
}

fn to_u8(digit: Option<usize>) -> Option<u8> {
    digit.and_then(|digit| u8::try_from(digit).ok())
}

fn checksum(values: impl Iterator<Item = u8>) -> u32 {
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    values.fold(1, |sum, value| {
        let shifted = (sum & 0x01ff_ffff) << 5 ^ u32::from(value);
        let taken = GENERATOR.iter().enumerate().filter(|(bit, _)| sum >> (25 + bit) & 1 == 1);
        taken.fold(shifted, |sum, (_, generator)| sum ^ generator)
    })
}
