use proptest::prelude::*;

use super::*;

fn html(text: &str) -> String {
    markup(text, &[]).to_string()
}

#[test]
fn a_little_markup_is_understood() {
    for (typed, written) in [
        ("안녕하세요", "안녕하세요"),
        ("**굵게** *기울게* ~~지움~~ `코드`", "<strong>굵게</strong> <em>기울게</em> <s>지움</s> <code>코드</code>"),
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

/// Abuse: M1
#[test]
fn html_is_text() {
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
        ("[](javascript:x)", "[](javascript:x)"),
        ("- \u{200b}", "- \u{200b}"),
        ("* * *", "<hr>"),
    ] {
        assert_eq!((html(typed).as_str(), bare(typed).is_empty()), (written, false), "{typed}");
    }
}

#[test]
fn the_definition_of_a_reference_was_swallowed() {
    let defined = html("봐:\n\n[집]: https://example.org\n\n[집]: 둘\n\n[집] [x][집]");
    assert_eq!(defined.matches("[집]: ").count(), 2, "{defined}");
    assert_eq!(defined.matches("<a ").count(), 1, "{defined}");
    assert!(bare("[집]: 둘").contains("둘"));
    let many = "[a]: b\n\n".repeat(1_000);
    assert_eq!(html(&many), many);
}

#[test]
fn the_deepest_list_was_written_without_its_items() {
    let deep = html(&format!("> {}a", "- ".repeat(9)));
    assert_eq!((deep.matches("<ul><li>").count(), deep.matches("<ul>").count()), (3, 3), "{deep}");
    let counted = html(&format!("> {}7. a", "- ".repeat(6)));
    assert!(!counted.contains("<ol"), "{counted}");
}

/// Abuse: M4
#[test]
fn uses_of_a_reference_each_wrote_its_long_address() {
    let bomb = format!("[a]: https://example.org/{}\n\n{}", "x".repeat(3_000), "[a]".repeat(2_000));
    assert!(html(&bomb).len() < 3 * bomb.len(), "{}", html(&bomb).len());
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
