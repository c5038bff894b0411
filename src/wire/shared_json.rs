//! What many are told alike, encoded once.

use std::sync::{Arc, OnceLock};

use serde_json::value::RawValue;

/// Forms that one thing may be told in: two languages, with the HTML of our pages or without.
const FORMS: usize = 4;

/// Something that many are told, with its JSON in each form as soon as somebody wants that one.
#[derive(Debug)]
pub struct SharedJson<T> {
    pub value: T,
    forms: [OnceLock<Arc<RawValue>>; FORMS],
}

impl<T> SharedJson<T> {
    pub fn new(value: T) -> Arc<Self> {
        Arc::new(Self { value, forms: Default::default() })
    }

    /// The JSON of a form below 4, made by `encode` for the first who asks.
    ///
    /// # Errors
    /// Those of `encode`; the next who asks tries again.
    pub fn json(
        &self,
        form: usize,
        encode: impl FnOnce(&T) -> serde_json::Result<Box<RawValue>>,
    ) -> serde_json::Result<Arc<RawValue>> {
        let form = &self.forms[form];
        if let Some(json) = form.get() {
            return Ok(Arc::clone(json));
        }
        let json = encode(&self.value)?.into();
        // Two may have made it at the same time; both have made the same.
        Ok(Arc::clone(form.get_or_init(|| json)))
    }
}
