//! English strings of the page of a room's incoming webhooks.

use crate::i18n::hook::HookStrings;

pub(in crate::i18n) const STRINGS: HookStrings = HookStrings {
    title: "Integrations",
    incoming: "Incoming webhooks",
    incoming_about: "A program that knows the address posts into this room: in Slack's or Discord's format, or as plain text.",
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
    outgoing_about: "Tell an address of yours what happens in this room. What is sent is signed as Standard Webhooks say.",
    url: "Address",
    events: "Tell it of",
    event_names: ["messages", "edits", "deletions", "reactions", "joins", "exits"],
    hears_bots: "Also what bots do",
    create_outgoing: "Create webhook",
    new_key: "New key",
    key_of: |name| format!("Key for {name}"),
    key_once: "Copy it now. It is not shown again. Check the signature of each request with it.",
    paused: "paused after failures",
    resume: "Resume",
    deliveries: "Deliveries",
    no_deliveries: "Nothing was sent in the last three days.",
    delivered: "delivered",
    waiting: "waiting",
    given_up: "given up",
    tries: |tries| if tries == 1 { "1 try".to_owned() } else { format!("{tries} tries") },
    replay: "Send again",
};
