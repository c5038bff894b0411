//! The settings of the server and invites to sign up.

use axum::Router;
use axum::extract::{DefaultBodyLimit, Query, Request, State};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use http::HeaderMap;
use serde::Deserialize;

use super::super::profile;
use super::{AdminQuery, back_to, open_reports};
use crate::chat::kinds::{DirectFrom, SignUpPolicy, WordAction};
use crate::chat::server_settings::{Change, UnwantedWord};
use crate::clock::now_ms;
use crate::config::RoomCreators;
use crate::error::{Code, Result};
use crate::network::Guests;
use crate::service::App;
use crate::view::admin::SettingsPage;
use crate::web::extract::{Caller, Path, SignedIn};
use crate::web::form::{Form, no_store, number};
use crate::web::multipart::single_file;
use crate::web::page_error::{OrPageError, OrRedirect, PageResult};

const PATH: &str = "/admin/settings";

/// The address of a logo is that of its bytes. Visitors see it, too.
const LOGO_CACHING: &str = "public, max-age=31536000, immutable";

pub(super) fn routes(upload_limit: DefaultBodyLimit) -> Router<App> {
    Router::new()
        .route("/admin/settings", get(show).post(change))
        .route("/admin/logo", post(set_logo).layer(upload_limit))
        .route("/admin/logo/remove", post(remove_logo))
        .route("/admin/lock", post(lock))
        .route("/admin/invites", post(create_invite))
        .route("/admin/invites/{code}/delete", post(revoke_invite))
}

/// Returns the route of the logo itself, which has its own caching.
pub(in crate::web) fn logo_routes() -> Router<App> {
    Router::new().route("/logo/{hash}", get(logo))
}

/// `GET /logo/{hash}`: for everyone.
async fn logo(State(app): State<App>, Path(hash): Path<String>, headers: HeaderMap) -> Result<Response> {
    if app.server_settings().logo_hash() != Some(hash.as_str()) {
        return Err(Code::NotFound.into());
    }
    profile::serve(&app, &hash, &headers, LOGO_CACHING).await
}

/// `POST /admin/logo`
async fn set_logo(State(app): State<App>, caller: Caller, me: OrRedirect<SignedIn>, request: Request) -> PageResult {
    app.check_admin(me.user.id).await.or_problem(caller.lang)?;
    let set = match single_file(request, &app, me.user.id).await {
        Ok(upload) => app.set_logo(me.user.id, upload).await.map(drop),
        Err(error) => Err(error),
    };
    back_to(caller.lang, PATH, &[], set)
}

/// `POST /admin/logo/remove`
async fn remove_logo(State(app): State<App>, caller: Caller, me: OrRedirect<SignedIn>) -> PageResult {
    let removed = app.remove_logo(me.user.id).await.map(drop);
    back_to(caller.lang, PATH, &[], removed)
}

/// `GET /admin/settings`
async fn show(
    State(app): State<App>,
    caller: Caller,
    me: OrRedirect<SignedIn>,
    Query(query): Query<AdminQuery>,
) -> PageResult {
    let invites = app.server_invites(me.user.id).await.or_problem(caller.lang)?.into_iter();
    let invites: Vec<_> = invites.map(|invite| (invite.clone(), app.server_invite_link(&invite.code))).collect();
    let settings = app.server_settings();
    let locked_until = settings.joins_locked_until.filter(|&until| until > now_ms());
    let head = query.head(open_reports(&app, &me).await.or_problem(caller.lang)?);
    let page = SettingsPage { lang: caller.lang, head, settings: &settings, locked_until, invites: &invites };
    Ok(no_store(Html(page.html()).into_response()))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SettingsForm {
    /// The number of the settings that the page has shown.
    number: Option<i64>,
    name: String,
    announcement: String,
    welcome: String,
    rules: String,
    sign_up: SignUpPolicy,
    email_domains: String,
    /// Empty where the configuration of the server counts.
    guests: String,
    room_creators: String,
    direct_from: DirectFrom,
    #[serde(default)]
    hold_minutes: u32,
    /// One a line, with `?` before it to warn, with `~` to hold.
    #[serde(default)]
    words: String,
    #[serde(default)]
    keep_messages_days: u32,
    #[serde(default)]
    keep_files_days: u32,
    #[serde(default)]
    keep_idle_rooms_days: u32,
    #[serde(default)]
    keep_idle_guests_days: u32,
}

fn unwanted_word(line: &str) -> UnwantedWord {
    let (action, word) = match line.strip_prefix('?') {
        Some(word) => (WordAction::Warn, word),
        None => line.strip_prefix('~').map_or((WordAction::Refuse, line), |word| (WordAction::Hold, word)),
    };
    UnwantedWord { word: word.trim().to_owned(), action }
}

impl From<SettingsForm> for Change {
    fn from(form: SettingsForm) -> Self {
        let guests = match form.guests.as_str() {
            "on" => Some(Guests::On),
            "rooms" => Some(Guests::Rooms),
            "off" => Some(Guests::Off),
            _ => None,
        };
        let room_creators = match form.room_creators.as_str() {
            "everyone" => Some(RoomCreators::Everyone),
            "accounts" => Some(RoomCreators::Accounts),
            "admins" => Some(RoomCreators::Admins),
            _ => None,
        };
        let words = form.words.lines().map(str::trim).filter(|line| !line.is_empty()).map(unwanted_word);
        let domains = form.email_domains.split([',', '\n', ' ']).map(str::to_owned);
        Self {
            from: form.number,
            name: Some(form.name),
            announcement: Some(form.announcement),
            welcome: Some(form.welcome),
            rules: Some(form.rules),
            sign_up: Some(form.sign_up),
            email_domains: Some(domains.collect()),
            guests: Some(guests),
            room_creators: Some(room_creators),
            direct_from: Some(form.direct_from),
            hold_minutes: Some(form.hold_minutes),
            words: Some(words.collect()),
            lock_minutes: None,
            keep_messages_days: Some(form.keep_messages_days),
            keep_files_days: Some(form.keep_files_days),
            keep_idle_rooms_days: Some(form.keep_idle_rooms_days),
            keep_idle_guests_days: Some(form.keep_idle_guests_days),
        }
    }
}

/// `POST /admin/settings`
async fn change(
    State(app): State<App>,
    caller: Caller,
    me: OrRedirect<SignedIn>,
    Form(form): Form<SettingsForm>,
) -> PageResult {
    back_to(caller.lang, PATH, &[], app.change_server_settings(me.user.id, form.into()).await.map(drop))
}

#[derive(Deserialize)]
struct LockForm {
    /// 0 to let people come in again.
    minutes: u32,
}

/// `POST /admin/lock`
async fn lock(
    State(app): State<App>,
    caller: Caller,
    me: OrRedirect<SignedIn>,
    Form(form): Form<LockForm>,
) -> PageResult {
    let change = Change { lock_minutes: Some(form.minutes), ..Change::default() };
    back_to(caller.lang, PATH, &[], app.change_server_settings(me.user.id, change).await.map(drop))
}

#[derive(Deserialize)]
struct InviteForm {
    /// Empty without a limit.
    uses: String,
    hours: String,
}

/// `POST /admin/invites`
async fn create_invite(
    State(app): State<App>,
    caller: Caller,
    me: OrRedirect<SignedIn>,
    Form(form): Form<InviteForm>,
) -> PageResult {
    let create = async {
        let (uses, hours) = (number("uses", &form.uses)?, number("hours", &form.hours)?);
        app.create_server_invite(me.user.id, uses, hours).await.map(drop)
    };
    back_to(caller.lang, PATH, &[], create.await)
}

/// `POST /admin/invites/{code}/delete`
async fn revoke_invite(
    State(app): State<App>,
    caller: Caller,
    me: OrRedirect<SignedIn>,
    Path(code): Path<String>,
) -> PageResult {
    back_to(caller.lang, PATH, &[], app.revoke_server_invite(me.user.id, code).await)
}
