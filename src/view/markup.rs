//! The little markup of messages: bold, italic, strike, code, quotes, lists and links, written as
//! HTML.
//!
//! What a person writes never becomes an element or an attribute by itself: every element below is
//! written here by name, every text is escaped, and an address is a link only if it is `http`,
//! `https` or `mailto`. HTML in a message is text. So nothing has to be cleaned afterwards; a test
//! reads the output back and finds no other element.

use std::fmt;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, TextMergeStream};

use crate::chat::message::Mention;
use crate::text::excerpt;
use crate::text::link::{Piece, pieces};

/// Elements inside each other; deeper ones are written as what they hold.
const DEEPEST: usize = 8;

/// HTML that was written by this module, and so needs no escaping.
pub(super) struct Markup(String);

impl fmt::Display for Markup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl askama::filters::HtmlSafe for Markup {}

/// A message's text as HTML. Without anything special it is the escaped text itself; line breaks
/// stay line breaks, which the style shows as they are.
pub(super) fn markup(text: &str, mentions: &[Mention]) -> Markup {
    let mut writer = Writer { html: String::with_capacity(text.len() + 32), mentions, open: Vec::new() };
    if is_plain(text) {
        writer.text(text);
        return Markup(writer.html);
    }
    let events: Vec<_> = TextMergeStream::new(parse(text)).collect();
    let is_one_paragraph = events.iter().filter(|event| is_block(event)).count() == 1;
    for event in events {
        // Most messages are one paragraph, which is the bubble itself.
        let is_wrapper = matches!(event, Event::Start(Tag::Paragraph) | Event::End(TagEnd::Paragraph));
        if !(is_one_paragraph && is_wrapper) {
            writer.event(event);
        }
    }
    Markup(writer.html)
}

fn parse(text: &str) -> impl Iterator<Item = Event<'_>> {
    let parser = Parser::new_ext(text, Options::ENABLE_STRIKETHROUGH).into_offset_iter();
    parser.map(|(event, place)| match event {
        // `&lt;` is what somebody wrote, and not a way to write something else.
        Event::Text(_) if text[place.clone()].starts_with('&') => Event::Text(text[place].into()),
        other => other,
    })
}

/// A message's text without its markup, on one line, for where there is no room for more.
pub(super) fn bare(text: &str) -> String {
    if is_plain(text) {
        return excerpt(text);
    }
    let mut bare = String::with_capacity(text.len());
    for event in parse(text) {
        match event {
            Event::Text(text) | Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) => bare.push_str(&text),
            Event::End(TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough | TagEnd::Link | TagEnd::Image) => {}
            Event::SoftBreak | Event::HardBreak | Event::Rule | Event::End(_) => bare.push(' '),
            _ => {}
        }
    }
    excerpt(&bare)
}

/// Whether the text has nothing that could be markup: nearly every message of a chat.
fn is_plain(text: &str) -> bool {
    let is_special = |byte: &u8| matches!(byte, b'*' | b'_' | b'~' | b'`' | b'[' | b'<' | b'&' | b'\\' | b'\n');
    let starts_a_block =
        |text: &str| text.starts_with(|c: char| c.is_whitespace() || c.is_ascii_digit() || "#>+-=".contains(c));
    !text.as_bytes().iter().any(is_special) && !starts_a_block(text)
}

fn is_block(event: &Event<'_>) -> bool {
    match event {
        Event::Start(tag) => {
            !matches!(tag, Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Link { .. } | Tag::Image { .. })
        }
        Event::Rule => true,
        _ => false,
    }
}

struct Writer<'a> {
    html: String,
    mentions: &'a [Mention],
    /// What each open part of the text was written as, from the outside in; nothing where it was
    /// not written.
    open: Vec<&'static [&'static str]>,
}

impl Writer<'_> {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(_) => self.end(),
            Event::Text(text) => self.text(&text),
            Event::Code(code) => {
                self.html.push_str("<code>");
                escape(&code, &mut self.html);
                self.html.push_str("</code>");
            }
            Event::Html(html) | Event::InlineHtml(html) => self.text(&html),
            Event::SoftBreak | Event::HardBreak => self.html.push('\n'),
            Event::Rule => self.html.push_str("<hr>"),
            // Math, footnotes and tasks are not asked of the parser.
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        let elements: &[_] = match tag {
            Tag::Paragraph | Tag::HtmlBlock => &["p"],
            // A message has no chapters: a heading is a strong line.
            Tag::Heading { .. } => &["p", "strong"],
            Tag::BlockQuote(_) => &["blockquote"],
            Tag::CodeBlock(_) => &["pre"],
            Tag::List(Some(first)) => return self.list(first),
            Tag::List(None) => &["ul"],
            Tag::Item => &["li"],
            Tag::Emphasis => &["em"],
            Tag::Strong => &["strong"],
            Tag::Strikethrough => &["s"],
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => return self.link(&dest_url),
            _ => &[],
        };
        self.write(elements);
    }

    fn write(&mut self, elements: &'static [&'static str]) {
        let elements = if self.is_too_deep() { &[] } else { elements };
        for element in elements {
            self.html.push_str(&format!("<{element}>"));
        }
        self.open.push(elements);
    }

    fn is_too_deep(&self) -> bool {
        self.open.iter().filter(|elements| !elements.is_empty()).count() >= DEEPEST
    }

    fn list(&mut self, first: u64) {
        if first == 1 || self.is_too_deep() {
            return self.write(&["ol"]);
        }
        self.html.push_str(&format!("<ol start=\"{first}\">"));
        self.open.push(&["ol"]);
    }

    fn link(&mut self, address: &str) {
        // What is read must be where one goes: an address that is no plain web address, or that has
        // a name and password before its host, is no link.
        let is_mail = address.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("mailto:"));
        let is_clear = is_mail || pieces(address) == [Piece::Link(address)];
        if self.is_in("a") || !is_clear {
            return self.open.push(&[]);
        }
        self.link_start(address);
        self.open.push(&["a"]);
    }

    fn link_start(&mut self, address: &str) {
        self.html.push_str("<a href=\"");
        escape(address, &mut self.html);
        self.html.push_str("\" target=\"_blank\" rel=\"noopener noreferrer nofollow ugc\">");
    }

    fn end(&mut self) {
        for element in self.open.pop().into_iter().flatten().rev() {
            self.html.push_str(&format!("</{element}>"));
        }
    }

    fn is_in(&self, element: &str) -> bool {
        self.open.iter().any(|elements| elements.contains(&element))
    }

    fn text(&mut self, text: &str) {
        if self.is_in("a") || self.is_in("pre") {
            return escape(text, &mut self.html);
        }
        for piece in pieces(text) {
            match piece {
                Piece::Plain(text) => self.plain(text),
                Piece::Link(address) => {
                    self.link_start(address);
                    escape(address, &mut self.html);
                    self.html.push_str("</a>");
                }
            }
        }
    }

    /// Text in which people may be named.
    fn plain(&mut self, mut text: &str) {
        while let Some(at) = text.find('@').filter(|_| !self.mentions.is_empty()) {
            let (before, rest) = text.split_at(at);
            escape(before, &mut self.html);
            text = match self.mentions.iter().filter(|named| rest[1..].starts_with(&*named.name)).max_by_key(length) {
                Some(named) => {
                    self.mention(named);
                    &rest[1 + named.name.len()..]
                }
                None => {
                    self.html.push('@');
                    &rest[1..]
                }
            };
        }
        escape(text, &mut self.html);
    }

    fn mention(&mut self, named: &Mention) {
        self.html.push_str("<b class=\"mention\"");
        if let Some(id) = named.user_id {
            self.html.push_str(&format!(" data-user-id=\"{id}\""));
        }
        self.html.push_str(">@");
        escape(&named.name, &mut self.html);
        self.html.push_str("</b>");
    }
}

fn length(named: &&Mention) -> usize {
    named.name.len()
}

fn escape(text: &str, html: &mut String) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn html(text: &str) -> String {
        markup(text, &[]).to_string()
    }

    #[test]
    fn a_little_markup_is_understood() {
        for (typed, written) in [
            ("안녕하세요", "안녕하세요"),
            (
                "**굵게** *기울게* ~~지움~~ `코드`",
                "<strong>굵게</strong> <em>기울게</em> <s>지움</s> <code>코드</code>",
            ),
            ("**굵게**는 굵고", "<strong>굵게</strong>는 굵고"),
            ("하나\n둘", "하나\n둘"),
            ("하나\n\n둘", "<p>하나</p><p>둘</p>"),
            ("- 김밥\n- 귤", "<ul><li>김밥</li><li>귤</li></ul>"),
            ("3. 셋\n4. 넷", "<ol start=\"3\"><li>셋</li><li>넷</li></ol>"),
            ("> 말\n\n답", "<blockquote><p>말</p></blockquote><p>답</p>"),
            ("```\nlet a = 1 < 2;\n```", "<pre>let a = 1 &lt; 2;\n</pre>"),
            ("# 큰 글씨", "<p><strong>큰 글씨</strong></p>"),
            ("#해시태그", "#해시태그"),
            ("5시 50분", "5시 50분"),
            ("snake_case_name", "snake_case_name"),
        ] {
            assert_eq!(html(typed), written, "{typed}");
        }
    }

    #[test]
    fn m2_m9_links_go_where_they_say() {
        let a = |address: &str, text: &str| {
            format!("<a href=\"{address}\" target=\"_blank\" rel=\"noopener noreferrer nofollow ugc\">{text}</a>")
        };
        assert_eq!(html("[집](https://example.org/a)"), a("https://example.org/a", "집"));
        assert_eq!(
            html("*see* https://example.org/a_b_c"),
            format!("<em>see</em> {}", a("https://example.org/a_b_c", "https://example.org/a_b_c"))
        );
        assert_eq!(html("[mail](mailto:a@example.org)"), a("mailto:a@example.org", "mail"));
        for address in [
            "javascript:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "https://good@evil.example",
            "java&#115;cript:alert(1)",
            "https://xn--pple-43d.example@evil.example",
            "https://\u{430}pple.example",
            "//evil.example",
            "/me",
        ] {
            assert_eq!(html(&format!("[x]({address})")), "x", "{address}");
            assert!(!html(&format!("<{address}>")).contains("href"), "{address}");
        }
        assert!(!html("[x](java\nscript:alert(1)) <java\nscript:alert(1)>").contains("href"));
        assert_eq!(html("![alt](https://example.org/track.gif)"), a("https://example.org/track.gif", "alt"));
        assert_eq!(html("`https://example.org`"), "<code>https://example.org</code>");
    }

    #[test]
    fn m1_html_is_text() {
        assert_eq!(html("<script>alert(1)</script>"), "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>");
        assert_eq!(html("a <img src=x onerror=alert(1)>"), "a &lt;img src=x onerror=alert(1)&gt;");
        assert_eq!(html("&lt;b&gt; &amp;"), "&amp;lt;b&amp;gt; &amp;amp;");
    }

    #[test]
    fn on_one_line_there_is_no_markup() {
        let said = bare("그럼요! 준비물:\n\n- 김밥 **두 줄**\n- `귤`\n\n> ~~늦으면~~ 없어요\n\n<b>끝");
        assert_eq!(said, "그럼요! 준비물: 김밥 두 줄 귤 늦으면 없어요 <b>끝");
        assert_eq!(bare("안녕하세요"), "안녕하세요");
    }

    #[test]
    fn people_are_marked_where_they_are_named() {
        let id = crate::ids::UserId::from_u128(7);
        let mentions =
            [Mention { user_id: Some(id), name: "파란 고래".into() }, Mention { user_id: None, name: "모두".into() }];
        let html = markup("@파란 고래야 @모두 @누구", &mentions).to_string();
        let marked =
            format!("<b class=\"mention\" data-user-id=\"{id}\">@파란 고래</b>야 <b class=\"mention\">@모두</b> @누구");
        assert_eq!(html, marked);
    }

    #[test]
    fn m4_m5_what_is_deep_is_flat_and_what_is_long_ends() {
        for bomb in [
            ">".repeat(10_000),
            "[".repeat(10_000),
            "*a ".repeat(3_000),
            "`".repeat(9_999),
            "- ".repeat(5_000),
            "[a](".repeat(2_000),
        ] {
            let html = html(&bomb);
            assert!(html.matches("<blockquote>").count() <= DEEPEST && html.matches("<ul>").count() <= DEEPEST);
            assert!(html.len() < 60_000, "{}", html.len());
        }
    }

    proptest! {
        #[test]
        fn m1_m4_no_element_but_ours_is_ever_written(text in "([<>&\"'`*_~\\[\\]()!#> \n-]|a|https://x.y|script|onerror=|javascript:|@|1\\.){0,60}") {
            let html = html(&text);
            let mut open = Vec::new();
            for tag in html.split('<').skip(1) {
                let (tag, _) = tag.split_once('>').expect("an element that ends");
                match tag.strip_prefix('/') {
                    Some(name) => prop_assert_eq!(open.pop(), Some(name.to_owned())),
                    None => {
                        let name = tag.split(' ').next().unwrap_or_default().to_owned();
                        prop_assert!(["p", "strong", "em", "s", "code", "pre", "ul", "ol", "li", "blockquote", "a", "hr"].contains(&&*name), "{}", html);
                        prop_assert!(!tag.contains('\'') && tag.matches('"').count() % 2 == 0);
                        if name != "hr" {
                            open.push(name);
                        }
                    }
                }
            }
            prop_assert!(open.is_empty());
        }
    }
}
