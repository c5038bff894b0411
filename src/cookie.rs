//! Cookies: the session, the language and the time zone.

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};

use crate::chat::session::Token;
use crate::i18n::Lang;

const SESSION: &str = "madang_session";
/// Browsers accept a cookie with the `__Host-` prefix only over HTTPS, and only from the host
/// itself.
const SESSION_HTTPS: &str = "__Host-madang_session";
const LANG: &str = "madang_lang";
/// Set by scripts: minutes east of Greenwich.
const ZONE: &str = "madang_zone";
const YEAR_SECONDS: u32 = 365 * 24 * 3_600;

fn find<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    // Cookie by cookie: another application of the same host may have set one that is not text.
    let pairs = headers.get_all(COOKIE).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b';'));
    let pairs = pairs.filter_map(|pair| std::str::from_utf8(pair).ok()?.trim().split_once('='));
    pairs.filter(|(key, _)| *key == name).map(|(_, value)| value).next()
}

/// Returns the raw value of the session cookie.
pub fn value(headers: &HeaderMap, is_https: bool) -> Option<&str> {
    // The plain name is ignored under HTTPS: another site on the same domain may have planted it.
    find(headers, if is_https { SESSION_HTTPS } else { SESSION })
}

/// Returns the token of the session cookie, if its value is a token.
pub fn token(headers: &HeaderMap, is_https: bool) -> Option<Token> {
    value(headers, is_https)?.parse().ok()
}

/// Returns the language that the visitor chose.
pub fn lang(headers: &HeaderMap) -> Option<Lang> {
    Lang::from_code(find(headers, LANG)?)
}

/// Returns how many minutes the visitor's clock is ahead of UTC, as their browser last said.
pub fn minutes_east(headers: &HeaderMap) -> Option<i32> {
    find(headers, ZONE)?.parse().ok().filter(|minutes| (-14 * 60..=14 * 60).contains(minutes))
}

/// Builds the cookie that stores a session in the browser.
pub fn set_session(token: &Token, is_https: bool) -> HeaderValue {
    let token = token.reveal();
    header(match is_https {
        true => format!("{SESSION_HTTPS}={token}; Path=/; Max-Age={YEAR_SECONDS}; HttpOnly; SameSite=Lax; Secure"),
        false => format!("{SESSION}={token}; Path=/; Max-Age={YEAR_SECONDS}; HttpOnly; SameSite=Lax"),
    })
}

/// Builds the cookie that removes the session from the browser.
pub fn forget_session(is_https: bool) -> HeaderValue {
    header(match is_https {
        true => format!("{SESSION_HTTPS}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure"),
        false => format!("{SESSION}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"),
    })
}

/// Builds the cookie that remembers the language.
pub fn set_lang(lang: Lang) -> HeaderValue {
    header(format!("{LANG}={}; Path=/; Max-Age={YEAR_SECONDS}; SameSite=Lax", lang.code()))
}

fn header(cookie: String) -> HeaderValue {
    // Tokens and language codes are plain ASCII, so this cannot fail.
    HeaderValue::try_from(cookie).unwrap_or_else(|_| HeaderValue::from_static(""))
}
