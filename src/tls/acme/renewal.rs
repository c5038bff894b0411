//! When a certificate is renewed.

use instant_acme::{Account, CertificateIdentifier};

use crate::tls::Certificate;

/// Returns when a certificate is due: at a random moment of the window that its authority suggests (RFC 9773), and
/// without one after two thirds of its life. Lives of 90 days, of 6 days and of an hour are treated alike.
pub(super) async fn due_at(account: &Account, certificate: &Certificate) -> i64 {
    let by_lifetime = by_lifetime(certificate);
    let Some(id) = id(certificate) else { return by_lifetime };
    match account.renewal_info(&id).await {
        Ok((info, _)) => {
            let at = |time: time::OffsetDateTime| time.unix_timestamp().saturating_mul(1_000);
            in_window(certificate, at(info.suggested_window.start), at(info.suggested_window.end))
        }
        // Not every authority has it.
        Err(_) => by_lifetime,
    }
}

/// Returns what a certificate is asked about with.
pub(super) fn id(certificate: &Certificate) -> Option<CertificateIdentifier<'static>> {
    let (authority, serial) = certificate.id.as_ref()?;
    Some(CertificateIdentifier::new(authority.as_slice().into(), serial.as_slice().into()).into_owned())
}

/// Returns when two thirds of its life are over.
pub(super) fn by_lifetime(certificate: &Certificate) -> i64 {
    part_of_life(certificate, 2, 3)
}

/// Returns a moment of a window, the same for the same certificate, so that looking again does not move it. A window
/// that ends too late for a second attempt does not count.
fn in_window(certificate: &Certificate, start: i64, end: i64) -> i64 {
    let luck = certificate.id.as_ref().map_or(0, |(_, serial)| i64::from(serial.last().copied().unwrap_or(0)));
    let moment = start.saturating_add(end.saturating_sub(start).max(0) / 256 * luck);
    moment.min(part_of_life(certificate, 9, 10))
}

fn part_of_life(certificate: &Certificate, part: i64, of: i64) -> i64 {
    let life = certificate.not_after_ms.saturating_sub(certificate.not_before_ms);
    certificate.not_before_ms.saturating_add(life / of * part)
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, SerialNumber, date_time_ymd};

    use super::*;

    const DAY: i64 = 24 * 3_600_000;

    fn certificate(days: u8, last_of_serial: u8) -> Certificate {
        let mut params = CertificateParams::new(vec!["chat.example.org".to_owned()]).unwrap();
        params.serial_number = Some(SerialNumber::from_slice(&[1, last_of_serial]));
        params.use_authority_key_identifier_extension = true;
        params.not_before = date_time_ymd(2026, 11, 1);
        params.not_after = date_time_ymd(2026, 11, 1 + days);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let pem = crate::tls::certificate::pem("CERTIFICATE", certificate.der());
        Certificate::from_pem(
            pem.as_bytes(),
            crate::tls::certificate::pem("PRIVATE KEY", &key.serialize_der()).as_bytes(),
        )
        .unwrap()
    }

    #[test]
    fn short_and_long_lives_are_renewed_after_two_thirds() {
        for days in [1, 6, 27] {
            let certificate = certificate(days, 0);
            assert_eq!(by_lifetime(&certificate) - certificate.not_before_ms, i64::from(days) * DAY / 3 * 2);
        }
    }

    #[test]
    fn a_suggested_window_is_kept_unless_it_is_too_late() {
        let begin = certificate(10, 0).not_before_ms;
        let (start, end) = (begin + DAY, begin + 2 * DAY);
        assert_eq!(in_window(&certificate(10, 0), start, end), start);
        let late = in_window(&certificate(10, 255), start, end);
        assert!((end - DAY / 128..end).contains(&late), "{late}");
        assert_eq!(
            in_window(&certificate(10, 0), begin - DAY, begin - DAY),
            begin - DAY,
            "at once: it will be revoked"
        );
        assert_eq!(in_window(&certificate(10, 0), begin + 20 * DAY, begin + 30 * DAY), begin + 9 * DAY);
    }
}
