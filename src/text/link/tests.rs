use super::*;

fn found(text: &str) -> Vec<&str> {
    addresses(text).into_iter().map(|place| &text[place]).collect()
}

/// Abuse: M2
#[test]
fn only_plain_web_addresses_become_links() {
    for text in [
        "javascript:alert(1)",
        "https://good.example@evil.example",
        "https://good.example:x@evil.example",
        "https://good.example:80@evil.example",
        "https://good.example\\@evil.example",
        "https://",
        "xhttp://example.org",
        "https://пример.example",
        "https://\u{430}pple.example",
        "http:example.org",
        "https://exa\u{202e}mple.org",
        "https://exa\u{ad}mple.org",
        "https://마당",
        "http://[::1",
        "http://[evil]/",
        "https://.example.org",
        "http://당..에",
        "https://www.__init__.은y",
    ] {
        assert_eq!(found(text), [] as [&str; 0], "{text}");
        assert!(!is_clear(text), "{text}");
    }
}

#[test]
fn an_address_ends_where_its_sentence_goes_on() {
    for (text, address) in [
        ("see https://example.org/a?b=c, ok", "https://example.org/a?b=c"),
        ("여기(http://example.org/마당)요", "http://example.org/마당"),
        ("https://example.org를 보세요", "https://example.org"),
        ("https://example.org/a를 보세요", "https://example.org/a"),
        ("https://example.org/a보세요", "https://example.org/a"),
        ("https://example.org/aㅋㅋ", "https://example.org/a"),
        ("https://example.org/a에서ㅎㅎ를", "https://example.org/a"),
        ("https://example.org/마당ㅋㅋㅋ", "https://example.org/마당"),
        ("https://example.org?ㅠㅠ", "https://example.org"),
        ("https://namu.wiki/w/C언어 좋아요", "https://namu.wiki/w/C언어"),
        ("https://example.org.그리고", "https://example.org"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://localhost:3000.", "http://localhost:3000"),
        ("https://example.org: 여기", "https://example.org"),
        ("「https://example.org/a」", "https://example.org/a"),
        ("“https://example.org/a”라고", "https://example.org/a"),
        ("'https://example.org/a'라고", "https://example.org/a"),
        ("https://example.org/Devil's_advocate", "https://example.org/Devil's_advocate"),
        ("\"https://example.org/\"", "https://example.org/"),
        ("<https://example.org/a>", "https://example.org/a"),
        ("https://example.org/a。次", "https://example.org/a"),
        ("https://example.org/a，https", "https://example.org/a"),
        ("https://example.org/a🎉", "https://example.org/a"),
        ("https://example.org/a_(b)_c).", "https://example.org/a_(b)_c"),
        ("https://example.org/a(b", "https://example.org/a(b"),
        ("https://example.org/a[0]]", "https://example.org/a[0]"),
        ("https://example.org/__init__.py", "https://example.org/__init__.py"),
        ("https://example.org/~~x~~ 이거", "https://example.org/~~x~~"),
        ("**https://example.org/a**", "https://example.org/a"),
        ("**보세요 https://example.org/a**", "https://example.org/a"),
        ("_https://example.org/a_b_", "https://example.org/a_b"),
        ("HTTPS://EXAMPLE.ORG/A", "HTTPS://EXAMPLE.ORG/A"),
        ("여기Https://example.org", "Https://example.org"),
        ("https://my_host.example.org/a", "https://my_host.example.org/a"),
        ("http://[::1]:3000/", "http://[::1]:3000/"),
        ("http://[fd00::7]를", "http://[fd00::7]"),
        ("https://예시.한국을 보세요", "https://예시.한국"),
        ("https://한글.kr를", "https://한글.kr"),
        ("https://bücher.example/ü", "https://bücher.example/ü"),
        ("https://example.org/a?x=https://b.example/c", "https://example.org/a?x=https://b.example/c"),
    ] {
        assert_eq!(found(text), [address], "{text}");
    }
    assert_eq!(found("https://a.example https://b.example."), ["https://a.example", "https://b.example"]);
}

#[test]
fn a_destination_may_be_what_a_sentence_would_cut() {
    for clear in [
        "https://example.org/a.",
        "https://example.org/a|b",
        "https://example.org/wiki/C언어를",
        "HTTPS://example.org",
        "http://[::1]/",
        "mailto:a@example.org",
    ] {
        assert!(is_clear(clear), "{clear}");
    }
    for unclear in [
        "#12",
        "tel:1",
        "/me",
        "//evil.example",
        "mailto:",
        "mailto://evil.example/",
        "https://a.example\u{202e}/",
        "https://a.b\\c",
    ] {
        assert!(!is_clear(unclear), "{unclear}");
    }
}
