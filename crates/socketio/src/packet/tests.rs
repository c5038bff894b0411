use super::*;
use proptest::prelude::*;

fn parse(text: &str) -> Result<(Incoming, usize), Malformed> {
    Incoming::parse(text, &Config::default())
}

fn event_of(text: &str) -> (String, Event, Option<u64>) {
    match parse(text).unwrap().0 {
        Incoming { namespace, body: Body::Event { event, id } } => (namespace, event, id),
        other => panic!("{text} is {other:?}"),
    }
}

#[test]
fn events_carry_namespace_id_and_arguments() {
    let (namespace, event, id) = event_of(r#"2/chat,17["message",1,"2",{"3":[true]}]"#);
    assert_eq!((namespace.as_str(), event.name.as_str(), id), ("/chat", "message", Some(17)));
    let values: Vec<_> = event.args.values.iter().map(|value| value.get()).collect();
    assert_eq!(values, ["1", "\"2\"", "{\"3\":[true]}"]);
}

#[test]
fn a_namespace_needs_no_comma_at_the_end() {
    for text in ["0/custom", "0/custom,", "1/custom"] {
        assert_eq!(parse(text).unwrap().0.namespace, "/custom", "{text}");
    }
}

/// Abuse: S1, S6, S13
#[test]
fn other_text_is_malformed() {
    let long_name = format!("2[\"{}\"]", "x".repeat(129));
    for text in [
        "",
        "abc",
        "2{}",
        "2abc[\"x\"]",
        "2",
        "2[",
        "2[null]",
        "2[true]",
        "2[[]]",
        "2[]",
        "2[{\"a\":1},2]",
        "2[\"a\"]x",
        "7",
        "9[]",
        "é",
        "4",
        "4{}",
        "3[1]",
        "39223372036854775808[]",
        "29007199254740992[\"x\"]",
        "2-1[\"x\"]",
        "21e400[\"x\"]",
        "1{}",
        "12",
        "2[\"connect\"]",
        "2[\"disconnect\"]",
        "2[\"error\"]",
        "2[\"newListener\"]",
        "0/a\x1e4b,",
        "0{",
        "01{}",
        &long_name,
    ] {
        assert!(parse(text).is_err(), "{text:?}");
    }
}

#[test]
fn a_number_is_the_name_of_an_event() {
    for (text, name) in [("2[5,\"x\"]", "5"), ("2[-1.5]", "-1.5"), (r#"2["\ud83d"]"#, r#""\ud83d""#)] {
        let Ok((Incoming { body: Body::Event { event, .. }, .. }, 0)) = parse(text) else { panic!("{text}") };
        assert_eq!(event.name, name);
    }
}

/// Abuse: S7
#[test]
fn attachments_are_up_to_the_limit() {
    let one = r#"["x",{"_placeholder":true,"num":0}]"#;
    assert_eq!(parse(&format!("51-{one}")).unwrap().1, 1);
    assert_eq!(parse(r#"50-["x"]"#).unwrap().1, 0, "some clients count none");
    for count in ["5-", "11-", "9000-", "5999999-", "1000000000000000000000000000000-", "", "-", "a-", "+1-"] {
        assert!(parse(&format!("5{count}{one}")).is_err(), "{count}");
    }
}

/// Abuse: S10
#[test]
fn each_attachment_has_one_placeholder() {
    for args in [
        r#"{"_placeholder":true,"num":1}"#,
        r#"{"_placeholder":true,"num":-1}"#,
        r#"{"_placeholder":"x","num":0}"#,
        r#"{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}"#,
        r#"{"_placeholder":true,"num":0,"more":1}"#,
        r#"1"#,
    ] {
        assert!(parse(&format!("51-[\"x\",{args}]")).is_err(), "{args}");
    }
    assert!(parse(r#"51-["x",{"file":{"_placeholder":true,"num":0}}]"#).is_ok());
}

/// Abuse: S11
#[test]
fn deep_nesting_is_refused_before_it_is_parsed() {
    let nested = |depth: usize| format!("2[\"x\",{}{}]", "[".repeat(depth), "]".repeat(depth));
    assert!(parse(&nested(16 - 1)).is_ok());
    for depth in [16, 200, 100_000] {
        assert!(parse(&nested(depth)).is_err(), "{depth}");
    }
    assert!(parse(r#"2["x","[[[[[[[[[[[[[[[[[[[[[[[[\"[[[["]"#).is_ok(), "brackets in a string are text");
}

proptest! {
    #[test]
    fn any_text_is_parsed_or_refused_without_a_panic(text in "[0-9]?[0-9-]{0,3}(/[a-z]{0,3},)?[0-9]{0,3}\\PC{0,80}") {
        let _ = parse(&text);
    }

    #[test]
    fn an_encoded_event_is_parsed_back(name in "[a-z]{1,20}", id in proptest::option::of(0..=MAX_ID), argument: String) {
        prop_assume!(!RESERVED.contains(&name.as_str()));
        let packet = event("/chat", &name, id, &Args::one(&argument).unwrap());
        let mut payload = String::new();
        packet.append_to(&mut payload);
        let (namespace, event, back) = event_of(&payload[1..]);
        prop_assert_eq!((namespace.as_str(), event.name, back), ("/chat", name, id));
        prop_assert_eq!(event.args.first::<String>().unwrap(), argument);
    }
}
