//! Why a form was refused, as its page shows it.

use super::part::sentence;
use crate::clock::now_ms;
use crate::error::{Code, Error};
use crate::i18n::Lang;

/// A refused form: which field of which form, and why. The form shows the typed values again, but
/// never a password.
#[derive(Clone, Debug)]
pub struct Problem {
    pub(super) code: Code,
    pub(super) form: &'static str,
    /// Empty when the error concerns no single field.
    pub(super) field: String,
}

impl Problem {
    /// `fields` lists the fields that the form shows.
    pub fn new(error: &Error, form: &'static str, fields: &[&str]) -> Self {
        // `email_taken` has no field of its own, but it concerns the e-mail.
        let field = match (error.code, error.field.as_deref()) {
            (Code::EmailTaken, None) => "email",
            (_, field) => field.unwrap_or_default(),
        };
        let field = if fields.contains(&field) { field.to_owned() } else { String::new() };
        Self { code: error.code, form, field }
    }
}

/// Until when and why the user is suspended who has typed the right password.
pub struct Suspension {
    /// Milliseconds since 1970 UTC.
    pub(super) until: Option<i64>,
    pub(super) reason: Option<String>,
}

impl Suspension {
    /// Returns `None` for another error.
    pub fn new(error: &Error) -> Option<Self> {
        let until = error.retry_after.map(|left| now_ms() + left.as_millis() as i64);
        (error.code == Code::Suspended).then(|| Self { until, reason: error.reason.clone() })
    }
}

/// Returns the sentence for an invalid field, if it is invalid.
pub(super) fn problem_at(problem: &Option<&Problem>, form: &str, field: &str, lang: &Lang) -> Option<&'static str> {
    let problem = problem.filter(|problem| problem.form == form && problem.field == field)?;
    let special = (lang.strings().account.problem)(problem.code, field);
    Some(special.unwrap_or_else(|| sentence(&problem.code, lang)))
}

pub(super) fn is_problem_of(problem: &Option<&Problem>, form: &str) -> bool {
    problem.is_some_and(|problem| problem.form == form)
}
