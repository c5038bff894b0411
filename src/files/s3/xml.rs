//! The few XML documents of S3, as trees.

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, Event};
use quick_xml::reader::Reader;

/// No document of S3 is nested deeper.
const DEPTH: usize = 16;

#[derive(Debug, Default)]
pub(super) struct Element {
    name: String,
    text: String,
    children: Vec<Element>,
}

impl Element {
    /// Parses a document and returns its outermost element; `None` if it is not XML.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        parse(bytes)
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The children of a name.
    pub(super) fn each(&self, name: &str) -> impl Iterator<Item = &Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of the first child of a name; empty if there is none.
    pub(super) fn text(&self, name: &str) -> &str {
        self.each(name).next().map_or("", |child| child.text.trim())
    }
}

fn parse(bytes: &[u8]) -> Option<Element> {
    let mut reader = Reader::from_str(std::str::from_utf8(bytes).ok()?);
    // The outermost holds the document.
    let mut open = vec![Element::default()];
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) if open.len() < DEPTH => {
                open.push(Element { name: start.local_name().as_ref().to_owned(), ..Element::default() });
            }
            Event::Start(_) => return None,
            Event::Empty(start) => {
                let element = Element { name: start.local_name().as_ref().to_owned(), ..Element::default() };
                open.last_mut()?.children.push(element);
            }
            Event::End(_) => {
                let element = open.pop()?;
                open.last_mut()?.children.push(element);
            }
            Event::Text(text) => open.last_mut()?.text += &text,
            Event::CData(text) => open.last_mut()?.text += &text,
            Event::GeneralRef(reference) => open.last_mut()?.text.push_str(&resolve(&reference)?),
            Event::Eof => {
                let [mut document] = <[Element; 1]>::try_from(open).ok()?;
                return document.children.pop();
            }
            _ => {}
        }
    }
}

fn resolve(reference: &BytesRef<'_>) -> Option<String> {
    if let Some(character) = reference.resolve_char_ref().ok()? {
        return Some(character.to_string());
    }
    resolve_predefined_entity(reference).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_a_tree() {
        let text = r#"<?xml version="1.0" encoding="UTF-8"?>
            <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>true</IsTruncated>
            <Contents><Key>a&amp;b</Key><ETag>&quot;1&quot;</ETag><Size>4</Size></Contents><Contents><Key>c</Key></Contents>
            <Owner/></ListBucketResult>"#;
        let list = Element::parse(text.as_bytes()).unwrap();
        assert_eq!((list.name(), list.text("IsTruncated"), list.text("none")), ("ListBucketResult", "true", ""));
        let keys: Vec<_> = list.each("Contents").map(|object| (object.text("Key"), object.text("ETag"))).collect();
        assert_eq!(keys, [("a&b", "\"1\""), ("c", "")]);
    }

    #[test]
    fn what_is_no_document_is_refused() {
        let deep = "<a>".repeat(10_000);
        for text in ["", "no", "<a>", "<a><b></a>", "</a>", "<a>&unknown;</a>", "\u{feff}", &deep] {
            assert!(Element::parse(text.as_bytes()).is_none(), "{text:.20}");
        }
    }
}
