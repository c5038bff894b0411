//! Which errors a call can answer before its rule is asked: each extractor names its own, and the signature of a handler
//! gives them all.

use axum::extract::{Request, State};
use http::{HeaderMap, Method};

use super::json::{Json, Query};
use crate::error::Code;
use crate::service::App;
use crate::web::extract::{
    Caller, DeliveryPath, HookPath, MessagePath, Path, PushPath, RoomPath, ScheduledPath, ScopePath, SignedIn, UserPath,
};

/// The errors of the checks around every call, of the database and of a fault of the server.
pub(super) const ON_EVERY_CALL: &[Code] =
    &[Code::Forbidden, Code::Misdirected, Code::Busy, Code::Unavailable, Code::Internal];

/// An extractor, and the errors with which it refuses a request.
pub(super) trait Refuses {
    const CODES: &'static [Code];
}

macro_rules! refuses {
    ($($extractor:ty $([$generic:ident])?: $($code:ident)*;)+) => {
        $(impl$(<$generic>)? Refuses for $extractor {
            const CODES: &'static [Code] = &[$(Code::$code),*];
        })+
    };
}

refuses! {
    State<App>: ;
    Caller: ;
    Method: ;
    HeaderMap: ;
    Request: ;
    // Reads are counted by user and by network.
    SignedIn: Unauthenticated RateLimited;
    // A bad bearer token is refused where none is needed.
    Option<SignedIn>: Unauthenticated RateLimited;
    Path<T> [T]: NotFound;
    RoomPath: RoomNotFound;
    ScopePath: RoomNotFound;
    UserPath: NotFound;
    HookPath: NotFound;
    DeliveryPath: NotFound;
    PushPath: NotFound;
    ScheduledPath: NotFound;
    MessagePath: Forbidden;
    Query<T> [T]: BadRequest Invalid;
    Json<T> [T]: BadJson BadRequest Invalid TooLarge UnsupportedType;
}

/// The extractors of a handler, as axum knows them: a marker, then one type for each parameter.
pub(super) trait Refusals {
    fn codes() -> Vec<Code>;
}

macro_rules! refusals {
    ($($extractor:ident)+) => {
        impl<Marker, $($extractor: Refuses),+> Refusals for (Marker, $($extractor,)+) {
            fn codes() -> Vec<Code> {
                [$($extractor::CODES),+].concat()
            }
        }
    };
}

// The handler of a call that takes nothing.
impl Refusals for ((),) {
    fn codes() -> Vec<Code> {
        Vec::new()
    }
}

refusals! { A }
refusals! { A B }
refusals! { A B C }
refusals! { A B C D }
refusals! { A B C D E }
refusals! { A B C D E F }
