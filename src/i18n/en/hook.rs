//! English strings of the page of a room's incoming webhooks.

use crate::i18n::hook::HookStrings;

pub(in crate::i18n) const STRINGS: HookStrings = HookStrings {
    title: "Integrations",
    incoming: "Incoming webhooks",
    incoming_about: "What is sent to a webhook's address appears in this room: in the format of Slack or Discord, or as plain text.",
    name: "Name",
    name_hint: "For example Builds",
    create: "Create webhook",
    rotate: "New address",
    revoke: "Revoke",
    address_of: |name| format!("Address of {name}"),
    address_once: "Copy it now. It is not shown again, and anyone who has it can post here.",
    made_by: |name| format!("by {name}"),
    last_used: "used",
    never_used: "never used",

    outgoing: "Outgoing webhooks",
    outgoing_about: "Send what happens in this room to a URL of yours. Requests are signed as Standard Webhooks define.",
    url: "URL",
    events: "Events",
    event_names: ["messages", "edits", "deletions", "reactions", "joins", "exits"],
    hears_bots: "Include what bots do",
    create_outgoing: "Create webhook",
    new_key: "New signing key",
    key_of: |name| format!("Signing key of {name}"),
    key_once: "Copy it now. It is not shown again. Use it to check the signature of each request.",
    paused: "paused after failures",
    resume: "Resume",
    deliveries: "Deliveries",
    no_deliveries: "Nothing was sent in the last three days.",
    delivered: "delivered",
    waiting: "waiting",
    given_up: "failed",
    tries: |tries| if tries == 1 { "1 try".to_owned() } else { format!("{tries} tries") },
    replay: "Send again",
};
