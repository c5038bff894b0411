//! Texts as people type them, made fit to store: normalised, stripped, measured.
