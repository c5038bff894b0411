//! Account pages: forms that work without JavaScript, show errors, and redirect back.

use crate::support::fixtures::PASSWORD;
use crate::support::{App, Person, picture};

async fn sign_up(app: &App, next: &str) -> crate::support::Response {
    let form = [("email", "minji@example.org"), ("name", "minji"), ("password", PASSWORD), ("next", next)];
    app.request("POST", "/signup").form(&form).send().await
}

/// Abuse: R10
#[tokio::test]
async fn sign_in_redirects_only_to_own_paths() {
    let app = App::start().await;
    for next in ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "/\t/evil.example"]
    {
        let shown =
            app.get(&format!("/login?next={}", form_urlencoded::byte_serialize(next.as_bytes()).collect::<String>()));
        assert!(shown.send().await.text().contains("name=\"next\" value=\"/\""), "{next}");
    }
    assert_eq!(sign_up(&app, "//evil.example").await.leads_to(), "/");
    let form = [("email", "minji@example.org"), ("password", PASSWORD), ("next", "/room/abc")];
    let led = app.request("POST", "/login").form(&form).send().await;
    assert_eq!(led.leads_to(), "/room/abc");
    let from = app.get("/login").header("referer", &format!("{}/room/xyz?before=3", app.url())).send().await;
    assert!(from.text().contains("name=\"next\" value=\"/room/xyz\""));
    assert_eq!(app.get("/me").send().await.leads_to(), "/login?next=/me");
}

#[tokio::test]
async fn a_refused_form_says_what_was_wrong_and_keeps_what_was_typed_but_no_password() {
    let app = App::start().await;
    let form = [("email", "no \"<b>mail"), ("name", "민지"), ("password", "a secret tree"), ("next", "/me")];
    let refused = app.request("POST", "/signup").header("accept-language", "ko").form(&form).send().await;
    let page = refused.text();
    assert_eq!(refused.status, 422);
    assert!(page.contains("이메일 주소가 맞는지 봐 주세요.") && page.contains("value=\"민지\""), "{page}");
    assert!(!page.contains("a secret tree") && !page.contains("<b>mail"), "{page}");
    sign_up(&app, "/").await;
    let again = sign_up(&app, "/").await;
    assert_eq!(again.status, 409);
    let wrong = [("email", "minji@example.org"), ("password", "wrong tree"), ("next", "/")];
    let refused = app.request("POST", "/login").header("accept-language", "en").form(&wrong).send().await;
    assert_eq!(refused.status, 401);
    assert!(refused.text().contains("minji@example.org") && !refused.text().contains("wrong tree"));
    let guest = app.guest("jun").await;
    assert!(app.page(&guest, "/").await.text().contains("/signup"), "a guest is shown how to keep the name");
}

#[tokio::test]
async fn everything_on_the_account_page_works_by_form() {
    let app = App::start().await;
    let token = sign_up(&app, "/me").await.session().unwrap();
    let minji = Person { token, ..app.guest("x").await };
    let saved = |answer: crate::support::Response| assert_eq!(answer.leads_to(), "/me?done=saved");
    saved(app.form(&minji, "/me", &[("name", "Minji"), ("bio", "by the sea")]).await);
    saved(app.form(&minji, "/me/privacy", &[("hidesPresence", "on")]).await);
    saved(app.form(&minji, "/me/email", &[("email", "new@example.org"), ("password", PASSWORD)]).await);
    let upload = app.request("POST", "/me/picture").cookie(&minji.token);
    saved(upload.multipart(Some(("me.png", &picture::png(40, 30))), &[]).send().await);
    let jun = app.guest("jun").await;
    let back = app.request("POST", "/me/blocks").cookie(&minji.token).header("referer", &format!("{}/me", app.url()));
    saved(back.form(&[("userId", &jun.id), ("on", "on")]).send().await);
    let page = app.page(&minji, "/me").await.text();
    for shown in ["by the sea", "new@example.org", "/pictures/", "value=\"Minji\"", &jun.id] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    saved(app.form(&minji, "/me/picture/remove", &[]).await);
    app.request("POST", "/api/session")
        .json(&serde_json::json!({ "email": "new@example.org", "password": PASSWORD }))
        .send()
        .await
        .is(201);
    saved(app.form(&minji, "/me/sessions", &[("others", "on")]).await);
    saved(app.form(&minji, "/me/password", &[("current", PASSWORD), ("password", "a gate by the tree")]).await);
    let refused = app.form(&minji, "/me/password", &[("current", PASSWORD), ("password", "another gate")]).await;
    assert_eq!(refused.status, 401);
    let refused = app.form(&minji, "/me/delete", &[("messages", "keep"), ("password", "wrong")]).await;
    assert_eq!(refused.status, 401);
    let left = app.form(&minji, "/me/delete", &[("messages", "keep"), ("password", "a gate by the tree")]).await;
    assert_eq!(left.leads_to(), "/login?done=left");
    assert_eq!(app.page(&minji, "/me").await.leads_to(), "/login?next=/me");
    assert_eq!(app.get("/logout").send().await.leads_to(), "/me");
}

#[tokio::test]
async fn a_form_of_another_site_does_nothing() {
    let app = App::start().await;
    let minji = app.signed_up("minji").await;
    for path in ["/login", "/signup", "/logout", "/me", "/me/delete", "/me/password", "/me/blocks"] {
        let form = app.request("POST", path).cookie(&minji.token).header("origin", "https://evil.example");
        form.form(&[("messages", "keep"), ("password", PASSWORD)]).send().await.refused(403, "forbidden");
        let form = app.request("POST", path).cookie(&minji.token).header("sec-fetch-site", "cross-site");
        form.form(&[("messages", "keep"), ("password", PASSWORD)]).send().await.refused(403, "forbidden");
    }
    app.log_in("minji").await;
}
