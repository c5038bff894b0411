//! Who reads a system message: programs of the API, whose texts stay as they are, or people on a page.

/// The API speaks 합쇼체 in Korean, as its tutorials do. Pages speak 해요체, and name things as their buttons do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Voice {
    Api,
    Page,
}

impl Voice {
    pub(super) fn says(self, api: &'static str, page: &'static str) -> &'static str {
        match self {
            Self::Api => api,
            Self::Page => page,
        }
    }
}
