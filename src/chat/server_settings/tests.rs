use super::*;
use crate::chat::fixtures::Store;

#[tokio::test]
async fn settings_are_numbered_and_an_older_state_never_replaces_a_newer() {
    let store = Store::open();
    let named = |name: &str| Change { name: Some(name.to_owned()), ..Change::default() };
    for name in ["마을", "Village"] {
        let new = named(name);
        store.write(move |tx| change(tx, 1, None, new.clone())).await.unwrap();
    }
    let newest = store.read(stored).await.unwrap();
    assert_eq!((newest.number, newest.name.as_str()), (2, "Village"));
    let shared = SharedSettings::default();
    shared.set(newest.clone());
    shared.set(Numbered { number: 1, ..Numbered::default() });
    assert_eq!(*shared.get(), newest);
    // Nobody else is overwritten, and no sign reverses the line.
    let stale = Change { from: Some(1), ..named("Town") };
    let refused = store.write(move |tx| change(tx, 1, None, stale.clone())).await;
    assert_eq!(refused.unwrap_err().code, Code::Conflict);
    let turned = named(" Vil\u{2067}l\u{202e}a\u{200f}ge\u{2069}\n");
    store.write(move |tx| change(tx, 1, None, turned.clone())).await.unwrap();
    // The same again is no change.
    let same = named("Village");
    store.write(move |tx| change(tx, 1, None, same.clone())).await.unwrap();
    assert_eq!(store.read(stored).await.unwrap().number, 2);
    let jun = store.guest("jun").await;
    let refused = store.write(move |tx| change(tx, 1, Some(jun.id), Change::default())).await;
    assert_eq!(refused.unwrap_err().code, Code::Forbidden);
}

#[tokio::test]
async fn only_the_named_hosts_sign_up() {
    let store = Store::open();
    let change_to = |domains: &[&str]| Change {
        sign_up: Some(SignUpPolicy::EmailDomain),
        email_domains: Some(domains.iter().map(|&domain| domain.to_owned()).collect()),
        ..Change::default()
    };
    for wrong in [&[][..], &["no host at all"], &["a@b@c"]] {
        let new = change_to(wrong);
        let refused = store.write(move |tx| change(tx, 1, None, new.clone())).await.unwrap_err();
        assert_eq!((refused.code, refused.field.as_deref()), (Code::Invalid, Some("emailDomains")), "{wrong:?}");
    }
    let new = change_to(&[" @Example.ORG ", "example.org", "학교.example"]);
    let settings = store.write(move |tx| change(tx, 1, None, new.clone())).await.unwrap();
    assert_eq!(settings.email_domains.len(), 2);
    for (email, is_fine) in [
        ("minji@example.org", true),
        ("Minji@EXAMPLE.org", true),
        ("minji@학교.example", true),
        ("minji@evil.example", false),
        ("minji@example.org.evil.example", false),
        ("minji@sub.example.org", false),
        ("example.org", false),
    ] {
        assert_eq!(settings.check_sign_up(email, false, true).is_ok(), is_fine, "{email}");
    }
}
