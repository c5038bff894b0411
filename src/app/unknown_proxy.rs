//! A proxy that the settings do not name: all of its clients then share one address, and its limits.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};

use http::HeaderMap;

use crate::origin::Origins;
use crate::web::UnknownProxy;

/// Returns the mark for a request that a private network forwards, and warns once. One from elsewhere may have the header for any reason.
pub(super) fn find(origins: &Origins, peer: IpAddr, headers: &HeaderMap) -> Option<UnknownProxy> {
    static HAS_WARNED: AtomicBool = AtomicBool::new(false);
    if !headers.contains_key("x-forwarded-for") || origins.is_proxy(peer) || !is_near(peer) {
        return None;
    }
    if !HAS_WARNED.swap(true, Ordering::Relaxed) {
        tracing::warn!(
            "requests come through a proxy at {peer}, which TRUSTED_PROXIES does not name: all of its clients share one \
             address and its limits (set TRUSTED_PROXIES={peer} if it is yours)"
        );
    }
    Some(UnknownProxy)
}

fn is_near(peer: IpAddr) -> bool {
    match peer.to_canonical() {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local(),
    }
}
