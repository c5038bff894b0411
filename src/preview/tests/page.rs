//! Pages of all shapes, and what is read from them.

use encoding_rs::EUC_KR;

use super::titled;
use crate::http_client::Document;
use crate::preview::page::{Page, read};

fn page(html: &str) -> Option<Page> {
    read_as("text/html; charset=utf-8", html.as_bytes())
}

fn read_as(content_type: &str, bytes: &[u8]) -> Option<Page> {
    read(&Document { bytes: bytes.to_vec(), content_type: content_type.into() })
}

#[test]
fn a_page_is_read_by_its_head() {
    let full = page(
        "<!DOCTYPE html><title>Other</title><meta name=description content='Others'>
         <META PROPERTY='OG:Title' CONTENT='  A &amp; B\n &lt;b&gt;  '><meta property=og:title content=second>
         <meta property=og:description content='What it is'><meta name=og:site_name content=Site>",
    );
    let expected =
        Page { title: "A & B <b>".into(), description: Some("What it is".into()), site: Some("Site".into()) };
    assert_eq!(full, Some(expected));
    let plain = page("<head><title>\n Only\ta title </title><meta name='description' content='and this'></head>");
    assert_eq!(plain, Some(Page { description: Some("and this".into()), ..titled("Only a title").unwrap() }));
    assert_eq!(page("<meta property=og:title content=' '><title>x</title>"), titled("x"));
    // A title holds no elements.
    assert_eq!(page("<title>a <b>b</b></title>"), titled("a <b>b</b>"));
}

#[test]
fn only_the_head_of_a_page_is_read() {
    assert_eq!(page(""), None);
    assert_eq!(page("<p>no title</p>"), None);
    assert_eq!(page("<title> \n </title>"), None);
    assert_eq!(page("<body><title>late</title><meta property=og:title content=late>"), None);
    assert_eq!(page("<script>'<title>x</title>'</script><style><title>y</title></style>"), None);
    assert_eq!(page("<!-- <title>x</title> --><noscript></noscript>"), None);
    assert_eq!(page("<script>var a = '<body>'</script><title>x</title>"), titled("x"));
}

/// Abuse: M8
#[test]
fn parsing_is_linear_in_the_length_of_a_page() {
    assert_eq!(page(&"<div>".repeat(100_000)), None);
    assert_eq!(page(&format!("{}<title>deep</title>", "<div>".repeat(100_000))), titled("deep"));
    assert_eq!(page(&format!("<meta {}>", "a=b ".repeat(100_000))), None);
    let many: String = (0..50_000).map(|number| format!("a{number}=b ")).collect();
    assert_eq!(page(&format!("<meta {many}><title>x</title>")), titled("x"));
    assert_eq!(page(&format!("<title>{}", "&lt;".repeat(100_000))).unwrap().title, "<".repeat(400));
    assert_eq!(page(&"<".repeat(500_000)), None);
    assert_eq!(page(&format!("<!--{}", "--!".repeat(100_000))), None);
}

#[test]
fn korean_pages_are_read_in_their_own_encoding() {
    let html = |meta: &str| format!("<html><head>{meta}<title>대한민국 뉴스</title></head>");
    let euc_kr = |meta: &str| EUC_KR.encode(&html(meta)).0.into_owned();
    let news = titled("대한민국 뉴스");
    assert_eq!(read_as("text/html; charset=EUC-KR", &euc_kr("")), news);
    assert_eq!(read_as("text/html;boundary=x; Charset=\"ks_c_5601-1987\"", &euc_kr("")), news);
    assert_eq!(read_as("text/html", &euc_kr("<meta charset='euc-kr'>")), news);
    let equiv = "<meta http-equiv=Content-Type content='text/html; charset=euc-kr'>";
    assert_eq!(read_as("text/html", &euc_kr(equiv)), news);
    assert_eq!(read_as("text/html", html("").as_bytes()), news);
    assert_eq!(read_as("text/html; charset=nonsense", html("").as_bytes()), news);
    // The header comes before the page's own tags, and a byte order mark before both.
    assert_eq!(read_as("text/html; charset=utf-8", html("<meta charset=euc-kr>").as_bytes()), news);
    let marked = format!("\u{feff}{}", html("<meta charset=euc-kr>"));
    assert_eq!(read_as("text/html; charset=euc-kr", marked.as_bytes()), news);
    // A tag that could be read as ASCII proves that the document is not UTF-16.
    assert_eq!(read_as("text/html", html("<meta charset=utf-16>").as_bytes()), news);
    // Bytes that do not fit the encoding become replacement characters.
    assert!(read_as("text/html; charset=utf-8", &euc_kr("")).unwrap().title.contains('\u{fffd}'));
}
