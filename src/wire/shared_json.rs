//! JSON for many readers, encoded once.

use std::sync::{Arc, OnceLock};

use serde_json::value::RawValue;

/// The number of variants: two languages, with or without HTML.
const FORMS: usize = 4;

/// A value with its JSON in each variant, encoded on first use.
#[derive(Debug)]
pub struct SharedJson<T> {
    pub value: T,
    forms: [OnceLock<Arc<RawValue>>; FORMS],
}

impl<T> SharedJson<T> {
    pub fn new(value: T) -> Arc<Self> {
        Arc::new(Self { value, forms: Default::default() })
    }

    /// Returns the JSON of a variant below 4. `encode` makes it for the first reader.
    ///
    /// # Errors
    /// Those of `encode`; the next reader tries again.
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
        // Two readers may have encoded it at the same time, with the same result.
        Ok(Arc::clone(form.get_or_init(|| json)))
    }
}
