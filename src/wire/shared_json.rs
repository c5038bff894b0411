//! A value that is sent to many, encoded once for each variant.

use std::sync::Arc;

use serde_json::value::RawValue;

use super::{Variant, Variants};

/// A value with its JSON in each variant, encoded when it is first needed.
#[derive(Debug)]
pub struct SharedJson<T> {
    pub value: T,
    variants: Variants<Arc<RawValue>>,
}

impl<T> SharedJson<T> {
    pub fn new(value: T) -> Arc<Self> {
        Arc::new(Self { value, variants: Variants::default() })
    }

    /// Returns the JSON of a variant, encoded by `encode` the first time.
    ///
    /// # Errors
    /// Those of `encode`; the next call tries again.
    pub fn json(
        &self,
        variant: Variant,
        encode: impl FnOnce(&T) -> serde_json::Result<Box<RawValue>>,
    ) -> serde_json::Result<Arc<RawValue>> {
        let cell = self.variants.get(variant);
        if let Some(json) = cell.get() {
            return Ok(Arc::clone(json));
        }
        let json = encode(&self.value)?.into();
        // Two may encode at the same time; both make the same.
        Ok(Arc::clone(cell.get_or_init(|| json)))
    }
}
