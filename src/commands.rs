//! The commands beside the server that administer it: users, rooms, settings, the logo, invites, jobs, keys, links, the audit log.

use std::path::Path;

use madang::chat::admin::{Act, AdminRoom, Person, Show};
use madang::chat::api_key::Key;
use madang::chat::audit::Entry;
use madang::chat::kinds::SignUpPolicy;
use madang::chat::outbox::dead::DeadJob;
use madang::chat::server_invite::ServerInvite;
use madang::chat::server_settings::{Change, ServerSettings};
use madang::clock::rfc3339;
use madang::config::{Config, LogFormat, ServerAddress, Switch};
use madang::log;
use madang::ops::admin::Admin;
use madang::ops::logo;
use madang::wire::ChangeServer;
use serde_json::Value;

use super::print;
use crate::cli::{
    AccountArgs, InviteCommand, JobCommand, KeyCommand, LogoArgs, RoomArgs, RoomCommand, SettingsCommand, UserCommand,
};

pub(crate) async fn admin_link(address: &ServerAddress) -> Result<(), String> {
    with_admin(address, async |admin| admin.admin_link().await).await
}

pub(crate) async fn audit(address: &ServerAddress) -> Result<(), String> {
    with_admin(address, async |admin| {
        let show = |entry: &Entry| print(&serde_json::to_string(entry).map_err(|error| error.to_string())?);
        admin.audit(show).await.map(|()| String::new())
    })
    .await
}

pub(crate) async fn user(command: UserCommand) -> Result<(), String> {
    match command {
        UserCommand::List { q, address } => {
            with_admin(&address, async |admin| {
                Ok(list(admin.users(q, Show::All).await?.iter().map(user_line), "no user was found"))
            })
            .await
        }
        UserCommand::Create { email, name, address } => {
            with_admin(&address, async |admin| admin.create_account(&email, &name).await).await
        }
        UserCommand::Reset(AccountArgs { email, address }) => {
            with_admin(&address, async |admin| admin.reset_link(&email).await).await
        }
        UserCommand::Suspend { hours, reason, account } => {
            act(account, Act::Suspend { hours, reason }, |user| format!("suspended {user}")).await
        }
        UserCommand::Unsuspend(account) => act(account, Act::Restore, |user| format!("{user} may log in again")).await,
        UserCommand::Logout(account) => {
            act(account, Act::EndSessions, |user| format!("{user} is logged out everywhere")).await
        }
        UserCommand::Delete { erase, account: AccountArgs { email, address } } => {
            with_admin(&address, async |admin| {
                admin.delete_user(&email, erase).await.map(|()| format!("deleted {email}"))
            })
            .await
        }
        UserCommand::Promote(account) => act(account, Act::MakeAdmin, |user| format!("{user} is an admin now")).await,
        UserCommand::Demote(account) => act(account, Act::RemoveAdmin, |user| format!("{user} is no admin now")).await,
    }
}

async fn act(account: AccountArgs, act: Act, done: impl Fn(&str) -> String) -> Result<(), String> {
    let AccountArgs { email, address } = account;
    with_admin(&address, async |admin| admin.act_on_user(&email, act).await.map(|()| done(&email))).await
}

fn because(person: &Person) -> String {
    person.suspended_reason.as_ref().map_or_else(String::new, |reason| format!(" ({reason})"))
}

fn user_line(person: &Person) -> String {
    let state = match (&person.suspended_at, &person.suspended_until, person.is_admin) {
        (Some(_), Some(until), _) => format!("suspended until {until}{}", because(person)),
        (Some(_), None, _) => format!("suspended{}", because(person)),
        (None, _, true) => "admin".to_owned(),
        _ => person.user.kind.as_str().to_owned(),
    };
    let email = person.email.as_deref().unwrap_or("-");
    format!("{}  {}  {state}  {email}  {}", person.user.id, person.created_at, person.user.name)
}

pub(crate) async fn room(command: RoomCommand) -> Result<(), String> {
    match command {
        RoomCommand::List { q, address } => {
            with_admin(&address, async |admin| {
                Ok(list(admin.rooms(q).await?.iter().map(room_line), "no room was found"))
            })
            .await
        }
        RoomCommand::Close(RoomArgs { id, address }) => {
            with_admin(&address, async |admin| admin.close_room(&id, true).await.map(|()| format!("closed room {id}")))
                .await
        }
        RoomCommand::Open(RoomArgs { id, address }) => {
            with_admin(&address, async |admin| admin.close_room(&id, false).await.map(|()| format!("opened room {id}")))
                .await
        }
        RoomCommand::Remove(RoomArgs { id, address }) => {
            with_admin(&address, async |admin| admin.remove_room(&id).await.map(|()| format!("removed room {id}")))
                .await
        }
        RoomCommand::HandOver { id, user, address } => {
            with_admin(&address, async |admin| {
                admin.hand_room_over(&id, &user).await.map(|()| format!("{user} is the owner of room {id} now"))
            })
            .await
        }
    }
}

fn room_line(found: &AdminRoom) -> String {
    let room = &found.room;
    let owner = room.owner.as_ref().map_or("-", |owner| owner.name.as_str());
    let state = if room.closed { "closed" } else { "open" };
    format!("{}  {}  {state}  {} members  {owner}  {}", room.id, room.created_at, room.member_count, room.title)
}

pub(crate) async fn settings(command: SettingsCommand) -> Result<(), String> {
    match command {
        SettingsCommand::Show(address) => with_admin(&address, async |admin| json(&admin.settings().await?)).await,
        SettingsCommand::Logo { logo: LogoArgs { picture, .. }, places } => {
            logo(picture.as_deref(), &places.config()?).await
        }
        SettingsCommand::Set { setting, value, address } => {
            let change = change(&setting, &value)?;
            let needs_mail = change.sign_up == Some(SignUpPolicy::EmailDomain);
            with_admin(&address, async |admin| {
                let settings = admin.change_settings(change).await?;
                if needs_mail {
                    tracing::warn!("with emailDomain nobody can sign up unless the server has SMTP_URL");
                }
                json(&settings)
            })
            .await
        }
    }
}

async fn logo(picture: Option<&Path>, config: &Config) -> Result<(), String> {
    let _log = super::log(LogFormat::Text, Switch::Off)?;
    match picture {
        Some(picture) => {
            logo::set(config, picture).await?;
            print(&format!("the middle of {} is the logo now", picture.display()))
        }
        None => {
            logo::remove(config).await?;
            print("removed the logo")
        }
    }
}

/// Returns the change of one setting, as the REST call takes it: of JSON where the setting takes that, else of a text, as
/// the name of a server may be 2025, else of a list with commas.
fn change(setting: &str, value: &str) -> Result<Change, String> {
    let body = |value: Value| Value::Object([(setting.to_owned(), value)].into_iter().collect());
    let parse = |value: Value| serde_json::from_value::<ChangeServer>(body(value));
    let list = || value.split(',').map(|item| Value::from(item.trim())).collect();
    let as_json = serde_json::from_str(value).map(parse).unwrap_or_else(|_| parse(value.into()));
    as_json
        .or_else(|error| parse(value.into()).or_else(|_| parse(list())).map_err(|_| error))
        .map(Change::from)
        .map_err(|error| format!("{error} (run: madang settings show)"))
}

fn json(settings: &ServerSettings) -> Result<String, String> {
    serde_json::to_string_pretty(settings).map_err(|error| error.to_string())
}

pub(crate) async fn invite(command: InviteCommand) -> Result<(), String> {
    match command {
        InviteCommand::Create { uses, hours, address } => {
            with_admin(&address, async |admin| admin.create_invite(uses, hours).await).await
        }
        InviteCommand::List(address) => {
            with_admin(&address, async |admin| {
                Ok(list(admin.invites().await?.iter().map(invite_line), "there is no valid invite"))
            })
            .await
        }
        InviteCommand::Revoke { code, address } => {
            with_admin(&address, async |admin| {
                admin.revoke_invite(&code).await.map(|()| format!("revoked invite {code}"))
            })
            .await
        }
    }
}

fn invite_line(invite: &ServerInvite) -> String {
    let end = invite.ends_at.map_or_else(|| "no end".to_owned(), rfc3339);
    let uses = invite.uses_left.map_or_else(|| "no limit".to_owned(), |uses| format!("{uses} uses left"));
    format!("{}  {}  {end}  {uses}", invite.code, rfc3339(invite.created_at))
}

pub(crate) async fn job(command: JobCommand) -> Result<(), String> {
    match command {
        JobCommand::List(address) => {
            with_admin(&address, async |admin| {
                let (waiting, dead) = admin.jobs().await?;
                let waiting =
                    waiting.iter().map(|jobs| format!("{} waiting  {}  since {}", jobs.count, jobs.kind, jobs.oldest));
                let dead = dead.iter().map(dead_job_line);
                Ok(list(waiting.chain(dead), "no job waits, and none was given up"))
            })
            .await
        }
        JobCommand::Retry { number: Some(number), address } => {
            with_admin(&address, async |admin| {
                admin.retry_job(number).await.map(|()| format!("queued job {number} again"))
            })
            .await
        }
        JobCommand::Retry { number: None, address } => {
            with_admin(&address, async |admin| {
                admin.retry_jobs().await.map(|count| format!("jobs that are tried again: {count}"))
            })
            .await
        }
        JobCommand::Drop { number, address } => {
            with_admin(&address, async |admin| admin.drop_job(number).await.map(|()| format!("deleted job {number}")))
                .await
        }
    }
}

fn dead_job_line(job: &DeadJob) -> String {
    format!("{}  {}  {}  {} tries  {}", job.number, job.died_at, job.kind, job.tries, job.why)
}

pub(crate) async fn key(command: KeyCommand) -> Result<(), String> {
    match command {
        KeyCommand::Create { name, address } => {
            with_admin(&address, async |admin| {
                let (key, secret) = admin.create_key(name).await?;
                log::print(format!("created key {} ({}); its secret is shown only this once:", key.id, key.name));
                Ok(secret)
            })
            .await
        }
        KeyCommand::List(address) => {
            with_admin(&address, async |admin| {
                let line = |key: &Key| {
                    let end = key.revoked_at.as_ref().map_or_else(|| "active".into(), |at| format!("revoked {at}"));
                    format!("{}  {}  {}  {end}", key.id, key.created_at, key.name)
                };
                Ok(list(admin.keys().await?.iter().map(line), "there is no key"))
            })
            .await
        }
        KeyCommand::Revoke { id, address } => {
            with_admin(&address, async |admin| admin.revoke_key(&id).await.map(|()| format!("revoked key {id}"))).await
        }
    }
}

/// Returns the lines of a list. For an empty one it prints a sentence to standard error, which scripts do not read.
fn list(lines: impl Iterator<Item = String>, none: &str) -> String {
    let lines: Vec<_> = lines.collect();
    if lines.is_empty() {
        log::print(none.to_owned());
    }
    lines.join("\n")
}

/// Runs one admin command on the data folder and prints its result.
async fn with_admin(
    address: &ServerAddress,
    act: impl AsyncFnOnce(&Admin) -> Result<String, String>,
) -> Result<(), String> {
    let _log = super::log(LogFormat::Text, Switch::Off)?;
    let admin = Admin::open(&address.config()?, address.port())?;
    let done = act(&admin).await;
    admin.close().await;
    let printed = done?;
    if printed.is_empty() {
        return Ok(());
    }
    print(&printed)
}
