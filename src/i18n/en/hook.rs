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
};
