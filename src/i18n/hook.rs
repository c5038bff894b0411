//! Strings of the page of a room's incoming webhooks.

use super::Lang;

/// The hook part of [`Strings`](super::Strings).
pub struct HookStrings {
    pub title: &'static str,
    pub webhook: &'static str,
    pub new: &'static str,
    pub incoming: &'static str,
    pub incoming_about: &'static str,
    pub name: &'static str,
    pub name_hint: &'static str,
    pub create: &'static str,
    pub rotate: &'static str,
    pub revoke: &'static str,
    pub address_of: fn(&str) -> String,
    pub address_once: &'static str,
    pub made_by: fn(&str) -> String,
    pub last_used: &'static str,
    pub never_used: &'static str,

    pub outgoing: &'static str,
    pub outgoing_about: &'static str,
    pub server_about: &'static str,
    pub url: &'static str,
    pub events: &'static str,
    /// In the order of `HookEvent::ALL`.
    pub event_names: [&'static str; 10],
    pub includes_bots: &'static str,
    pub create_outgoing: &'static str,
    pub new_key: &'static str,
    pub key_of: fn(&str) -> String,
    pub key_once: &'static str,
    pub paused: &'static str,
    pub resume: &'static str,
    pub deliveries: &'static str,
    pub no_deliveries: &'static str,
    pub delivered: &'static str,
    pub waiting: &'static str,
    pub given_up: &'static str,
    pub tries: fn(u32) -> String,
    pub replay: &'static str,
}

/// Returns why a delivery has failed, as it was noted in English, for the page.
pub fn delivery_failure(why: &str, lang: Lang) -> String {
    let ko = match why {
        "the host is not public, or its name does not resolve" => "주소를 찾을 수 없거나 외부에 공개되지 않은 서버예요",
        "timed out" => "제시간에 응답하지 않았어요",
        "no response" | "no connection" | "the connection broke" => "연결이 끊겼어요",
        "cannot connect" => "연결할 수 없어요",
        "no trusted TLS connection" => "믿을 수 있는 TLS 연결이 아니에요",
        "the webhook is paused" => "웹훅이 멈춰 있어요",
        other => match other.strip_prefix("the address answered ") {
            Some(status) => {
                return if lang == Lang::Ko { format!("{status} 오류로 응답했어요") } else { why.to_owned() };
            }
            None => why,
        },
    };
    if lang == Lang::Ko { ko } else { why }.to_owned()
}
