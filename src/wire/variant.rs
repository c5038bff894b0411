//! The variants of what is sent to many: the language, and whether messages have the HTML of the pages.

use std::sync::OnceLock;

use crate::i18n::Lang;

/// The variant that a client reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variant {
    pub lang: Lang,
    pub html: bool,
}

impl Variant {
    /// The number of variants.
    pub const COUNT: usize = Lang::ALL.len() * 2;

    /// Returns the number of the variant, below [`Variant::COUNT`].
    pub fn index(self) -> usize {
        self.lang as usize * 2 + usize::from(self.html)
    }

    /// Returns the variant of an index, modulo [`Variant::COUNT`].
    pub fn from_index(index: usize) -> Self {
        Self { lang: Lang::ALL[index / 2 % Lang::ALL.len()], html: index % 2 == 1 }
    }
}

/// One value for each variant, made when it is first needed.
#[derive(Debug)]
pub struct Variants<T>([OnceLock<T>; Variant::COUNT]);

impl<T> Default for Variants<T> {
    fn default() -> Self {
        Self(std::array::from_fn(|_| OnceLock::new()))
    }
}

impl<T> Variants<T> {
    /// Returns the cell of a variant.
    pub fn get(&self, variant: Variant) -> &OnceLock<T> {
        &self.0[variant.index()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_variant_has_its_own_index() {
        let variants: Vec<_> = (0..Variant::COUNT).map(Variant::from_index).collect();
        for (index, variant) in variants.iter().enumerate() {
            assert_eq!(variant.index(), index);
            assert_eq!(variants.iter().filter(|other| *other == variant).count(), 1);
        }
    }
}
