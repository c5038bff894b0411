//! What the answer of `/healthz` tells `madang doctor`.

use http::HeaderName;

/// Which run of the program answers.
pub const RUN: HeaderName = HeaderName::from_static("x-madang-run");
/// Present if a proxy is in front that the settings do not name.
pub const PROXY: HeaderName = HeaderName::from_static("x-madang-proxy");
