//! English strings of the installed app.

use crate::i18n::pwa::PwaStrings;

pub(in crate::i18n) const STRINGS: PwaStrings = PwaStrings {
    offline: "You are offline",
    offline_about: "This page has not been kept on this device. Rooms you have read lately open without a connection.",
    offline_retry: "Try again",
    install_title: "Use it as an app",
    install_about: "Put Madang on your home screen and open it like any other app.",
    install: "Install",
    install_menu: "Press the share button and choose “Add to Home Screen”.",
    install_not_now: "Not now",
    share_about: "Where should this go? Choose a room, and it waits in the text field.",
    share_forget: "Discard",
};
