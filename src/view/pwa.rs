//! The page as an app that browsers install.

use askama::Template;
use serde_json::{Value, json};

use super::part::*;
use super::{asset, render};
use crate::chat::server_settings::ServerSettings;
use crate::i18n::{Lang, server_name};

/// `--paper` of the light theme; a manifest has no dark one.
const PAPER: &str = "#faf7f0";

/// What a browser without a network shows where it has kept nothing.
#[derive(Template)]
#[template(path = "error/offline.html")]
pub struct OfflinePage {
    pub lang: Lang,
}

impl OfflinePage {
    pub fn html(&self) -> String {
        render(self)
    }
}

/// Returns the web app manifest. What other apps share needs the service worker.
pub fn manifest(lang: Lang, server: &ServerSettings, takes_shares: bool) -> Value {
    let w = lang.strings();
    let icon = |name: &str, side: u32, purpose: &str| json!({ "src": asset(name), "sizes": format!("{side}x{side}"), "type": "image/png", "purpose": purpose });
    let name = server_name(&server.name, lang);
    let mut manifest = json!({
        "id": "/",
        "name": name,
        "short_name": name,
        "description": w.about,
        "lang": lang.code(),
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": PAPER,
        "theme_color": PAPER,
        "categories": ["social"],
        "icons": [
            icon("icon-192.png", 192, "any"),
            icon("icon-512.png", 512, "any"),
            icon("icon-maskable-512.png", 512, "maskable"),
        ],
    });
    if let Some(logo) = &server.logo {
        // It is as large as its picture was, so it has no fixed size.
        manifest["icons"] = json!([{ "src": logo, "sizes": "any", "purpose": "any" }]);
    }
    if takes_shares {
        manifest["share_target"] = json!({
            "action": "/share",
            "method": "POST",
            "enctype": "multipart/form-data",
            "params": {
                "title": "title",
                "text": "text",
                "url": "url",
                "files": [{ "name": "files", "accept": ["*/*"] }],
            },
        });
    }
    manifest
}
