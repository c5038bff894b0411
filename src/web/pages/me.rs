//! The page of one's own account. Its forms are in the files of their nouns.

use axum::Router;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;

use crate::error::Result;
use crate::service::{App, Notifications};
use crate::view;
use crate::view::account::Done;
use crate::view::problem::Problem;
use crate::web::extract::{Caller, SignedIn};
use crate::web::page_error::{OrPageError, PageResult, page_with_error};
use crate::web::problem;
use crate::web::redirect::redirect;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/me", get(show))
}

#[derive(Deserialize)]
struct MeQuery {
    done: Option<String>,
}

/// `GET /me`
async fn show(
    State(app): State<App>,
    caller: Caller,
    me: Option<SignedIn>,
    Query(query): Query<MeQuery>,
) -> PageResult {
    let Some(me) = me else { return Ok(redirect("/login?next=/me")) };
    let page = MyPage::new(&app, &caller, &me);
    let html = page
        .html(Typed::default(), query.done.as_deref().and_then(Done::from_name), None)
        .await
        .or_problem(caller.lang)?;
    Ok(Html(html).into_response())
}

/// The values of a refused form, to show again.
#[derive(Default)]
pub(super) struct Typed {
    pub(super) name: Option<String>,
    pub(super) bio: Option<String>,
    pub(super) email: Option<String>,
}

/// The page `/me` of one user.
pub(super) struct MyPage<'a> {
    app: &'a App,
    caller: &'a Caller,
    me: &'a SignedIn,
}

impl<'a> MyPage<'a> {
    pub(super) fn new(app: &'a App, caller: &'a Caller, me: &'a SignedIn) -> Self {
        Self { app, caller, me }
    }

    async fn html(&self, typed: Typed, done: Option<Done>, problem: Option<&Problem>) -> Result<String> {
        let account = self.app.account(self.me.user.id).await?;
        let has_mail = self.app.has_mail() && account.email.is_some();
        let digest = if has_mail { Some(self.app.digest(self.me.user.id).await?) } else { None };
        let Notifications { quiet_hours, muted_users, .. } = self.app.notifications(self.me.user.id).await?;
        let page = view::account::MePage {
            lang: self.caller.lang,
            typed: view::account::Typed {
                name: typed.name.as_deref().unwrap_or(&account.user.name),
                bio: typed.bio.as_deref().unwrap_or(&account.bio),
                email: typed.email.as_deref().unwrap_or_default(),
            },
            can_change_email: self.app.can_change_email(),
            server: &self.app.server_settings(),
            devices: &self.app.devices(&self.me.session).await?,
            session: self.me.session.id,
            quiet_hours,
            pushes: &self.app.push_subscriptions(self.me.user.id).await?,
            digest,
            export: self.app.export(self.me.user.id).await?,
            muted: &muted_users,
            blocks: &self.app.blocks(self.me.user.id).await?,
            account: &account,
            done,
            problem,
        };
        Ok(page.html())
    }

    /// Responds to a form of the page: with a redirect, or with the page and the error beside the
    /// form.
    pub(super) async fn after<T>(
        &self,
        result: Result<T>,
        form: &'static str,
        fields: &[&str],
        typed: Typed,
    ) -> Response {
        let error = match result {
            Ok(_) => return redirect(&format!("/me?done={}", Done::Saved.name())),
            Err(error) => error,
        };
        let problem = Problem::new(&error, form, fields);
        match self.html(typed, None, Some(&problem)).await {
            Ok(html) => page_with_error(&error, html),
            Err(error) => problem::error_page(&error, self.caller.lang),
        }
    }
}
