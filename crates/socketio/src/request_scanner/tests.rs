use super::*;

/// Returns how many requests are let through, and whether a body is incomplete; the same wherever the
/// bytes are cut.
fn allowed(bytes: &str) -> (usize, bool) {
    let mut results = Vec::new();
    for cut in 0..=bytes.len() {
        let (guard, mut scanner) = (SmugglingGuard::default(), RequestScanner::default());
        let (first, second) = bytes.as_bytes().split_at(cut);
        scanner.scan(first, &guard);
        scanner.scan(second, &guard);
        results.push(((0..9).take_while(|_| guard.begin_request()).count(), guard.is_in_body()));
    }
    assert!(results.iter().all(|result| *result == results[0]), "{bytes:?}: {results:?}");
    results[0]
}

const GET: &str = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";

/// Abuse: H13
#[test]
fn a_head_declares_once_where_the_body_ends() {
    for head in [
        "POST / HTTP/1.1\r\nhost: a\r\nContent-Length: 3\r\n\r\nabc",
        "POST / HTTP/1.1\r\ntransfer-encoding:chunked\r\nx: y\r\n\r\n0\r\n\r\n",
        "GET / HTTP/1.1\r\nx-content-length: 1\r\ncontent-length: 0\r\n\r\n",
        "GET / HTTP/1.1\r\nx: content-length: 1\r\ncontent-length: 0\r\n\r\n",
    ] {
        assert_eq!(allowed(head), (1, false), "{head:?}");
    }
    let chunked = ["gzip, chunked", "chunked, chunked", "identity", "chunked\t;", "xchunked", &"chunked ".repeat(9)];
    for second in
        ["content-length: 3", "CONTENT-LENGTH : 4", "Transfer-Encoding: chunked", " folded", "\tcontent-length: 3"]
            .map(str::to_owned)
            .into_iter()
            .chain(chunked.map(|value| format!("transfer-encoding: {value}")))
    {
        let head = format!("POST / HTTP/1.1\r\ncontent-length: 3\r\nhost: a\r\n{second}\r\n\r\n");
        assert_eq!(allowed(&head).0, 0, "{second}");
        let alone = head.replace("content-length: 3\r\nhost", "host");
        let is_fine =
            ["content-length: 3", "CONTENT-LENGTH : 4", "Transfer-Encoding: chunked"].contains(&second.as_str());
        assert_eq!(allowed(&alone).0, is_fine as usize, "{second}");
    }
    for length in ["+3", "-3", "3, 3", "0x3", "", "3 3", "99999999999999999999999"] {
        assert_eq!(allowed(&format!("POST / HTTP/1.1\r\ncontent-length: {length}\r\n\r\n")).0, 0, "{length:?}");
    }
}

/// Abuse: H13
#[test]
fn a_carriage_return_or_a_line_feed_alone_is_refused() {
    for head in [
        "GET / HTTP/1.1\n\n",
        "GET / HTTP/1.1\r\nhost: a\n\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\n\n",
        "GET / HTTP/1.1\r\nx: a\rb\r\n\r\n",
    ] {
        for empty_lines in 0..4 {
            assert_eq!(allowed(&format!("{}{head}", "\r\n".repeat(empty_lines))).0, 0, "{empty_lines} before {head:?}");
        }
        assert_eq!(allowed(&format!("{GET}{head}{GET}")).0, 1, "behind another: {head:?}");
    }
}

/// Abuse: H13
#[test]
fn empty_lines_before_a_head_hide_nothing_in_it() {
    let two = "POST / HTTP/1.1\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
    for empty_lines in 0..5 {
        let before = "\r\n".repeat(empty_lines);
        assert_eq!(allowed(&format!("{before}{GET}")), (1, false));
        assert_eq!(allowed(&format!("{before}{two}")).0, 0);
        assert_eq!(allowed(&format!("{GET}{before}{two}{GET}")).0, 1);
    }
}

/// Abuse: H13
#[test]
fn a_body_is_no_head_and_what_follows_it_is_one() {
    let hidden = "\n\r\n\r\nGET /hidden HTTP/1.1\r\n\r\n";
    let bodies = [
        format!("POST / HTTP/1.1\r\ncontent-length: {}\r\n\r\n{hidden}", hidden.len()),
        format!(
            "POST / HTTP/1.1\r\ntransfer-encoding: Chunked\r\n\r\n{:x};a=b\r\n{hidden}\r\n0\r\nx: y\r\n\r\n",
            hidden.len()
        ),
        format!(
            "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n0{:X} \r\n{hidden}\r\n1\r\n\n\r\n00\r\n\r\n",
            hidden.len()
        ),
    ];
    for body in &bodies {
        assert_eq!(allowed(body), (1, false), "{body:?}");
        assert_eq!(allowed(&body[..body.len() - 1]), (1, true), "{body:?}");
        assert_eq!(allowed(&format!("{body}{GET}")), (2, false), "{body:?}");
        assert_eq!(allowed(&format!("{body}GET / HTTP/1.1\nhost: a\n\n")).0, 1, "{body:?}");
    }
}

/// Abuse: H13
#[test]
fn nothing_is_let_through_behind_an_ambiguous_chunk() {
    for chunks in [
        "2\nab\r\n0\r\n\r\n",
        "2\r\nabc\r\n0\r\n\r\n",
        "g\r\n",
        "\r\n",
        "2\r\nab0\r\n\r\n",
        "-1\r\n",
        "+1\r\na\r\n",
        "10000000000000000\r\n",
    ] {
        let request = format!("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n{chunks}{GET}");
        assert_eq!(allowed(&request), (1, true), "{chunks:?}");
    }
}
