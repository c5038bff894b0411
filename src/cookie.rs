//! Our cookies: the session and the language.

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};

use crate::chat::session::Token;
use crate::i18n::Lang;

const SESSION: &str = "madang_session";
/// Browsers take a cookie of this name only over HTTPS, for the whole host and from it alone.
const SESSION_HTTPS: &str = "__Host-madang_session";
const LANG: &str = "madang_lang";
const YEAR_SECONDS: u32 = 365 * 24 * 3_600;

fn find<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = cookies.flat_map(|cookies| cookies.split(';'));
    pairs.filter_map(|pair| pair.trim().split_once('=')).find_map(|(key, value)| (key == name).then_some(value))
}

/// The session cookie as it came.
pub fn value(headers: &HeaderMap, is_https: bool) -> Option<&str> {
    // Under HTTPS the other name is not taken: it may have been planted by whoever shares the domain.
    find(headers, if is_https { SESSION_HTTPS } else { SESSION })
}

/// The token of the session cookie, if it is one.
pub fn token(headers: &HeaderMap, is_https: bool) -> Option<Token> {
    value(headers, is_https)?.parse().ok()
}

/// The language that the visitor chose.
pub fn lang(headers: &HeaderMap) -> Option<Lang> {
    Lang::from_code(find(headers, LANG)?)
}

/// Hands a session to a browser.
pub fn set_session(token: &Token, is_https: bool) -> HeaderValue {
    let token = token.reveal();
    header(match is_https {
        true => format!("{SESSION_HTTPS}={token}; Path=/; Max-Age={YEAR_SECONDS}; HttpOnly; SameSite=Lax; Secure"),
        false => format!("{SESSION}={token}; Path=/; Max-Age={YEAR_SECONDS}; HttpOnly; SameSite=Lax"),
    })
}

/// Takes the session from a browser.
pub fn forget_session(is_https: bool) -> HeaderValue {
    header(match is_https {
        true => format!("{SESSION_HTTPS}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure"),
        false => format!("{SESSION}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"),
    })
}

/// Remembers the language.
pub fn set_lang(lang: Lang) -> HeaderValue {
    header(format!("{LANG}={}; Path=/; Max-Age={YEAR_SECONDS}; SameSite=Lax", lang.code()))
}

fn header(cookie: String) -> HeaderValue {
    // Tokens and codes are plain ASCII, so there is nothing in it that a header may not hold.
    HeaderValue::try_from(cookie).unwrap_or_else(|_| HeaderValue::from_static(""))
}
