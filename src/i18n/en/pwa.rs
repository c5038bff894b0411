//! English strings of the installed app.

use crate::i18n::pwa::PwaStrings;

pub(in crate::i18n) const STRINGS: PwaStrings = PwaStrings {
    offline: "You are offline",
    offline_about: "This page isn't saved on this device. Rooms you've read recently work offline.",
    offline_retry: "Try again",
    install_title: "Use it as an app",
    install_about: "Put Madang on your home screen and open it like any other app.",
    install: "Install",
    install_menu: "Tap Share and choose “Add to Home Screen”.",
    install_not_now: "Not now",
    share_about: "Where should this go? Choose a room, and it waits in the text field.",
    share_forget: "Discard",
    transfer: "Continue on another device",
    transfer_about: "Keep using Madang as you on your phone or in another browser.",
    transfer_make: "Create QR code",
    transfer_scan: "Scan this with your other device. It works once and expires in 5 minutes. Don't show it to anyone.",
    transfer_qr: "QR code of the link",
    transfer_link: "Or open this link",
    continue_as: |name| format!("Continue as {name}?"),
    continue_about: "Only continue if you made this code yourself.",
    continue_instead: |name| format!("You are signed in as {name} here. Continuing signs {name} out on this device."),
    continue_here: "Continue here",
};
