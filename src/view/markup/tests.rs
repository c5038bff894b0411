use proptest::prelude::*;

use super::*;
use crate::text::markup::MAX_DEPTH;

fn html(text: &str) -> String {
    markup(text, &[]).to_string()
}

fn one_line(text: &str) -> String {
    bare(text, &[])
}

/// The rows of the tables of a document: the code in the first two cells.
fn rows(document: &str) -> Vec<(String, String)> {
    let cell = |cell: &str| -> Option<String> {
        let cell = cell.trim();
        let ticks = cell.len() - cell.trim_start_matches('`').len();
        let code = cell.get(ticks..cell.len() - ticks).filter(|_| ticks > 0)?;
        let code = if ticks > 1 { code.strip_prefix(' ').unwrap_or(code) } else { code };
        let code = if ticks > 1 { code.strip_suffix(' ').unwrap_or(code) } else { code };
        Some(code.replace('⏎', "\n"))
    };
    let row = |line: &str| {
        let mut cells = line.strip_prefix("| ")?.split(" | ");
        Some((cell(cells.next()?)?, cell(cells.next()?.trim_end_matches(" |"))?))
    };
    document.lines().filter_map(row).collect()
}

/// Writes links and mentions as the document does.
fn short(html: &str) -> String {
    let html = html.replace(" target=\"_blank\" rel=\"noopener noreferrer nofollow ugc\"", "");
    let html = html.replace("<b class=\"mention\">", "<b>");
    let mut parts = html.split("<a href=\"");
    let mut short = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (address, rest) = part.split_once("\">").unwrap();
        let is_same = rest.strip_prefix(address).is_some_and(|rest| rest.starts_with("</a>"));
        short += &if is_same { format!("<a>{rest}") } else { format!("<a href=\"{address}\">{rest}") };
    }
    short
}

#[test]
fn the_dialect_is_what_its_document_says() {
    let mentions = ["민지", "a_b_c", "*별*"].map(|name| Mention { user_id: None, name: name.into() });
    let rows = rows(include_str!("../../../docs/markup.md"));
    assert!(rows.len() > 60, "{}", rows.len());
    for (typed, shown) in rows {
        assert_eq!(short(&markup(&typed, &mentions).to_string()), shown, "{typed}");
    }
}

/// Abuse: M2, M9
#[test]
fn links_go_where_they_say() {
    let a = |address: &str, text: &str| {
        format!("<a href=\"{address}\" target=\"_blank\" rel=\"noopener noreferrer nofollow ugc\">{text}</a>")
    };
    assert_eq!(html("[집](https://example.org/a)"), a("https://example.org/a", "집"));
    assert_eq!(
        html("*see* https://example.org/a_b_c"),
        format!("<em>see</em> {}", a("https://example.org/a_b_c", "https://example.org/a_b_c"))
    );
    assert_eq!(html("[mail](mailto:a@example.org)"), a("mailto:a@example.org", "mail"));
    let turned = "[\u{202e}moc.doog//:sptth\u{2066} x\u{200f}](https://evil.example)";
    assert_eq!(html(turned), a("https://evil.example", "moc.doog//:sptth x"));
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
        let typed = format!("[x]({address})");
        assert_eq!(html(&typed).replace("&amp;", "&"), typed, "{address}");
        assert!(!html(&format!("<{address}>")).contains("href"), "{address}");
    }
    assert!(!html("[x](java\nscript:alert(1)) <java\nscript:alert(1)>").contains("href"));
}

/// Abuse: M1
#[test]
fn html_is_text() {
    assert_eq!(html("<script>alert(1)</script>"), "&lt;script&gt;alert(1)&lt;/script&gt;");
    assert_eq!(html("a <img src=x onerror=alert(1)>"), "a &lt;img src=x onerror=alert(1)&gt;");
    assert_eq!(html("&lt;b&gt; &amp;"), "&amp;lt;b&amp;gt; &amp;amp;");
}

#[test]
fn on_one_line_there_is_no_markup() {
    let said = one_line("그럼요! 준비물:\n\n- 김밥 **두 줄**\n- `귤`\n\n> ~~늦으면~~ 없어요\n\n<b>끝");
    assert_eq!(said, "그럼요! 준비물: 김밥 두 줄 귤 늦으면 없어요 <b>끝");
    assert_eq!(one_line("안녕하세요"), "안녕하세요");
    assert_eq!(one_line("3. 셋\n5. 다섯 https://example.org/_a_"), "3. 셋 5. 다섯 https://example.org/_a_");
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

/// Abuse: M4, M5
#[test]
fn what_is_deep_is_flat_and_what_is_long_ends() {
    for bomb in [
        ">".repeat(10_000),
        "[".repeat(10_000),
        "*a ".repeat(3_000),
        "`".repeat(9_999),
        "- ".repeat(5_000),
        "[a](".repeat(2_000),
    ] {
        let html = html(&bomb);
        assert!(html.matches("<blockquote>").count() <= MAX_DEPTH && html.matches("<ul>").count() <= MAX_DEPTH);
        assert!(html.len() < 60_000, "{}", html.len());
    }
}

#[test]
fn a_message_of_marks_alone_was_an_empty_bubble() {
    for (typed, written) in [
        ("#", "#"),
        ("-", "-"),
        ("1.", "1."),
        ("> ", "&gt; "),
        ("```", "```"),
        ("- \u{200b}", "- \u{200b}"),
        ("* * *", "* * *"),
    ] {
        assert_eq!((html(typed).as_str(), one_line(typed).is_empty()), (written, false), "{typed}");
    }
}

#[test]
fn nested_lists_end_at_the_limit() {
    let lines = |marker: &str| (0..20).map(|depth| format!("{}{marker} a\n", "  ".repeat(depth))).collect::<String>();
    let (bullets, numbers) = (html(&lines("-")), html(&lines("1.")));
    assert_eq!((bullets.matches("<ul>").count(), numbers.matches("<ol>").count()), (MAX_DEPTH, MAX_DEPTH));
    assert_eq!((bullets.matches('a').count(), numbers.matches('a').count()), (20, 20));
}

proptest! {
    /// Abuse: M1, M4
    #[test]
    fn no_element_but_ours_is_ever_written(text in "([<>&\"'`*_~\\[\\]()!#> \n-]|a|https://x.y|script|onerror=|javascript:|@|1\\.){0,60}") {
        let html = html(&text);
        let mut open = Vec::new();
        for tag in html.split('<').skip(1) {
            let (tag, _) = tag.split_once('>').expect("an element that ends");
            match tag.strip_prefix('/') {
                Some(name) => prop_assert_eq!(open.pop(), Some(name.to_owned())),
                None => {
                    let name = tag.split(' ').next().unwrap_or_default().to_owned();
                    prop_assert!(["p", "strong", "em", "s", "code", "pre", "ul", "ol", "li", "blockquote", "a", "i"].contains(&&*name), "{}", html);
                    prop_assert!(!tag.contains('\'') && tag.matches('"').count() % 2 == 0);
                    open.push(name);
                }
            }
        }
        prop_assert!(open.is_empty());
    }

    /// Abuse: M1, M2
    #[test]
    fn nothing_that_is_typed_is_hidden(text in "([<>&\"'`*_~\\[\\]()!#> \n\\\\.:/@-]|```|\\]\\(|a|b1|가|를|https?://|x.y|\\[::1\\]|1\\. |- |> |😀|\\?){0,50}") {
        crate::fuzzing::markup(text.as_bytes());
        crate::fuzzing::link(text.as_bytes());
    }
}
