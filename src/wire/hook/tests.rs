use serde_json::json;

use super::mrkdwn::to_markup;
use super::*;

fn json_text(payload: Value) -> String {
    read("application/json", payload.to_string().as_bytes()).unwrap().text
}

#[test]
fn mrkdwn_becomes_our_markup() {
    for (typed, shown) in [
        ("*굵게* _기울게_ ~지움~", "**굵게** _기울게_ ~~지움~~"),
        ("2*3*4 a*b* ~10시", "2*3*4 a*b* ~10시"),
        ("`*a*` ```\n~b~ &lt;c&gt;\n``` *d*", "`*a*` ```\n~b~ <c>\n``` **d**"),
        ("<https://example.org/a?b=1&amp;c=2|Build #7>", "[Build #7](https://example.org/a?b=1&c=2)"),
        ("<https://example.org/a_(b)|b>", "[b](https://example.org/a_%28b%29)"),
        ("<https://example.org> <mailto:a@example.org|a>", "https://example.org [a](mailto:a@example.org)"),
        ("<@U1|minji> <#C1|general> <!here> <!date^1392734382^{date}|Feb 18>", "@minji #general @here Feb 18"),
        ("a &lt; b &amp;&amp; c &gt; d &amp;lt;", "a < b && c > d &lt;"),
        (":white_check_mark: 12:30:45 :unknown:", "✅ 12:30:45 :unknown:"),
        ("*<https://example.org|집>*", "**[집](https://example.org)**"),
        ("a < b", "a < b"),
        ("* not bold * <unfinished", "* not bold * <unfinished"),
    ] {
        assert_eq!(to_markup(typed), shown, "{typed}");
    }
}

#[test]
fn a_deployment_in_blocks_and_attachments_is_shown_in_full() {
    let text = json_text(json!({
        "text": "fallback for notifications",
        "blocks": [
            { "type": "header", "text": { "type": "plain_text", "text": "Deployed to production" } },
            { "type": "section", "text": { "type": "mrkdwn", "text": "*web* `v1.2.3` by <@U1|jun>" },
              "fields": [{ "type": "mrkdwn", "text": "*Tests*\n212 passed" }, { "type": "mrkdwn", "text": "*Took*\n3 min" }],
              "accessory": { "type": "button", "url": "https://ci.example.org/7", "text": { "type": "plain_text", "text": "Open" } } },
            { "type": "divider" },
            { "type": "context", "elements": [{ "type": "image", "image_url": "https://a.example/i.png", "alt_text": "ci" },
                                              { "type": "mrkdwn", "text": "<https://ci.example.org|CI>" }] },
            { "type": "actions", "elements": [{ "type": "button", "text": { "type": "plain_text", "text": "Approve" } }] },
        ],
        "attachments": [{ "color": "#36a64f", "fallback": "unused", "pretext": "Two commits", "author_name": "minji",
            "title": "main", "title_link": "https://git.example.org/main", "text": "fix the door\nopen the gate",
            "fields": [{ "title": "Branch", "value": "main", "short": true }], "footer": "git", "ts": 1 }],
    }));
    assert_eq!(
        text,
        "**Deployed to production**\n\
         **web** `v1.2.3` by @jun\n\
         **Tests**\n212 passed\n\
         **Took**\n3 min\n\
         [Open](https://ci.example.org/7)\n\
         ci · [CI](https://ci.example.org)\n\
         Two commits\n\
         > minji\n> **[main](https://git.example.org/main)**\n> fix the door\n> open the gate\n> **Branch** main\n> git"
    );
}

#[test]
fn rich_text_keeps_lists_quotes_and_code() {
    let plain = |text: &str| json!({ "type": "text", "text": text });
    let text = json_text(json!({ "blocks": [{ "type": "rich_text", "elements": [
        { "type": "rich_text_section", "elements": [
            { "type": "text", "text": "now ", "style": { "bold": true } }, plain("and "),
            { "type": "link", "url": "https://example.org", "text": "here" },
            { "type": "emoji", "name": "tada", "unicode": "1f389" }] },
        { "type": "rich_text_list", "style": "ordered", "indent": 0, "elements": [
            { "type": "rich_text_section", "elements": [plain("one")] },
            { "type": "rich_text_section", "elements": [plain("two")] }] },
        { "type": "rich_text_quote", "elements": [plain("said\nbefore")] },
        { "type": "rich_text_preformatted", "elements": [plain("let a = 1;")] },
    ] }] }));
    assert_eq!(
        text,
        "**now** and [here](https://example.org)🎉\n1. one\n2. two\n> said\n> before\n```\nlet a = 1;\n```"
    );
}

#[test]
fn discords_shape_and_plain_text_are_read() {
    let text = json_text(json!({ "content": "see <https://example.org/a>", "username": "ignored", "embeds": [{
        "title": "Issue 12", "url": "https://git.example.org/12", "description": "It *rings*.",
        "author": { "name": "sora" }, "fields": [{ "name": "State", "value": "open" }], "footer": { "text": "git" },
    }] }));
    assert_eq!(
        text,
        "see https://example.org/a\n> sora\n> **[Issue 12](https://git.example.org/12)**\n> It *rings*.\n> **State** open\n> git"
    );
    for (content_type, body) in [
        ("text/plain", "hello"),
        ("", "hello"),
        ("application/json", r#"{"text":"hello"}"#),
        ("application/x-www-form-urlencoded", r#"{"text":"hello"}"#),
        ("application/x-www-form-urlencoded", "payload=%7B%22text%22%3A%22hello%22%7D"),
        ("application/x-www-form-urlencoded", "text=hello"),
        ("application/octet-stream", r#" {"content":"hello"}"#),
        ("application/json", r#"{"content":"","embeds":[],"text":"hello"}"#),
    ] {
        assert_eq!(read(content_type, body.as_bytes()).unwrap().text, "hello", "{content_type} {body}");
    }
    for (content_type, body, code) in [
        ("application/json", "hello", Code::BadJson),
        ("application/json", r#"{"text":" "}"#, Code::Invalid),
        ("application/json", "[1]", Code::Invalid),
        ("application/x-www-form-urlencoded", "a=b", Code::Invalid),
        ("text/plain", "", Code::Invalid),
    ] {
        assert_eq!(read(content_type, body.as_bytes()).unwrap_err().code, code, "{body}");
    }
    assert_eq!(read("text/plain", b"\xff").unwrap_err().code, Code::BadRequest);
}

/// A text of nothing but beginnings would take the square of its length.
///
/// Abuse: M11
#[test]
fn the_end_of_an_address_or_an_emphasis_is_looked_for_nearby() {
    let far = "x".repeat(3_000);
    for text in [format!("<https://example.org/{far}>"), format!("*{far}*"), format!("~{far}~")] {
        assert_eq!(to_markup(&text), text);
    }
    let near = "방".repeat(900);
    assert_eq!(to_markup(&format!("*{near}*")), format!("**{near}**"));
    assert_eq!(to_markup(&"<".repeat(9_000)), "<".repeat(9_000));
    assert_eq!(to_markup("<http <https://example.org>"), "<http https://example.org");
}

#[test]
fn an_answer_to_a_command_is_slacks_shape_or_plain_text() {
    let answer = |body: &str| read_answer(body.as_bytes()).unwrap().map(|answer| (answer.text, answer.is_for_room));
    assert_eq!(answer(r#"{"response_type": "in_channel", "text": "*on* it"}"#), Some(("**on** it".to_owned(), true)));
    assert_eq!(answer(r#"{"text": "for you"}"#), Some(("for you".to_owned(), false)));
    assert_eq!(answer("plain *text*"), Some(("plain *text*".to_owned(), false)));
    for empty in ["", "  ", "{}", r#"{"text": ""}"#] {
        assert_eq!(answer(empty), None, "{empty}");
    }
    assert_eq!(read_answer(b"\xff").unwrap_err().code, Code::BadRequest);
}

#[test]
fn a_program_says_whether_it_is_silent() {
    let silent = |payload: Value| read("application/json", payload.to_string().as_bytes()).unwrap().silent;
    assert!(silent(json!({ "text": "a", "silent": true })) && silent(json!({ "content": "a", "flags": 4_100 })));
    assert!(!silent(json!({ "text": "a" })) && !silent(json!({ "content": "a", "flags": 4 })));
}
