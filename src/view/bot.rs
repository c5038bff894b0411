//! `/me/bots`: the bots of an account.

use askama::Template;

use super::part::*;
use super::{asset, render};
use crate::chat::bot::Bot;
use crate::chat::kinds::BotRight;
use crate::error::Code;
use crate::i18n::Lang;

#[derive(Template)]
#[template(path = "bot/bots.html")]
pub struct BotsPage<'a> {
    pub lang: Lang,
    /// The oldest first.
    pub bots: &'a [Bot],
    /// The bot that was just made or got a new key, and the key, which is shown once.
    pub fresh: Option<(&'a Bot, &'a str)>,
    /// Why the last form was refused.
    pub notice: Option<Code>,
}

impl BotsPage<'_> {
    /// Renders the page.
    pub fn html(&self) -> String {
        render(self)
    }
}

/// Returns the rights of a bot in a few words.
fn rights(bot: &Bot, lang: &Lang) -> String {
    bot.rights.iter().map(|right| right_name(right, lang)).collect::<Vec<_>>().join(", ")
}

fn right_name(right: &BotRight, lang: &Lang) -> &'static str {
    let at = BotRight::ALL.iter().position(|one| one == right).expect("all are in the table");
    lang.strings().bot_page.right_names[at]
}
