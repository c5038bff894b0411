//! Times in words, as people type them behind `/remind`: `20m`, `in 2 hours`, `tomorrow 9:00`, `fri 3pm`, `30분 뒤`,
//! `내일 오전 9시`, `2026-12-01 18:30`.

use jiff::civil::{Date, Time, Weekday};
use jiff::{Span, ToSpan, Zoned};

/// The time of a day that is named without one.
const MORNING: Time = Time::constant(9, 0, 0, 0);

/// A time in words, before it is known where and when they were said.
#[derive(Clone, Copy, Debug)]
pub enum When {
    /// So much later.
    In(Span),
    /// The next time that a clock shows this.
    At(Time),
    On(Day, Time),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Day {
    /// So many days from today.
    Ahead(i64),
    /// The next day of this name, which is not today.
    Next(Weekday),
    Date(Date),
}

impl When {
    /// Reads the time at the beginning of a text, and returns it with the rest.
    pub fn parse(text: &str) -> Option<(Self, &str)> {
        let mut words = Words { rest: text.trim() };
        let parsed = words.span().or_else(|| words.day_and_time());
        parsed.map(|when| (when, words.rest))
    }

    /// Returns the moment that is meant, seen from `now`. `None` for one that no calendar has.
    pub(super) fn after(&self, now: &Zoned) -> Option<Zoned> {
        let on = |date: Date, time| date.to_datetime(time).to_zoned(now.time_zone().clone()).ok();
        let today = now.date();
        match *self {
            Self::In(span) => now.checked_add(span).ok(),
            Self::At(time) => on(today, time).filter(|then| then > now).or_else(|| on(today.tomorrow().ok()?, time)),
            Self::On(Day::Ahead(days), time) => on(today.checked_add(days.days()).ok()?, time),
            Self::On(Day::Next(weekday), time) => on(today.nth_weekday(1, weekday).ok()?, time),
            Self::On(Day::Date(date), time) => on(date, time),
        }
    }
}

struct Words<'a> {
    rest: &'a str,
}

impl<'a> Words<'a> {
    fn peek(&self) -> &'a str {
        self.rest.split(char::is_whitespace).next().unwrap_or_default()
    }

    fn skip(&mut self) {
        self.rest = self.rest[self.peek().len()..].trim_start();
    }

    /// Takes the next word if it is one of these.
    fn take(&mut self, words: &[&str]) -> bool {
        let is_next = words.contains(&self.peek().to_lowercase().as_str());
        if is_next {
            self.skip();
        }
        is_next
    }

    /// Takes the next word if it can be read; otherwise takes nothing.
    fn read<T>(&mut self, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        let found = read(&self.peek().to_lowercase())?;
        self.skip();
        Some(found)
    }

    /// `20m`, `in 2 hours`, `30분 뒤`, `1h30m`.
    fn span(&mut self) -> Option<When> {
        let begin = self.rest;
        self.take(&["in"]);
        let mut span = self.some_span(Span::new());
        while let Some(longer) = span.and_then(|span| self.some_span(span)) {
            span = Some(longer);
        }
        let Some(span) = span.filter(|span| span.is_positive()) else {
            self.rest = begin;
            return None;
        };
        self.take(&["뒤", "후", "뒤에", "후에", "later"]);
        Some(When::In(span))
    }

    /// Adds `20m` or `2 hours`.
    fn some_span(&mut self, span: Span) -> Option<Span> {
        let begin = self.rest;
        let found = self.read(|word| add(span, word)).or_else(|| {
            let number = self.read(|word| word.parse::<i64>().ok())?;
            self.read(|unit| plus(span, number, unit))
        });
        if found.is_none() {
            self.rest = begin;
        }
        found
    }

    /// `tomorrow 9:00`, `fri`, `내일 오전 9시`, `2026-12-01 18:30`, `3pm`.
    fn day_and_time(&mut self) -> Option<When> {
        let begin = self.rest;
        self.take(&["on"]);
        let day = self.read(day);
        let before_time = self.rest;
        self.take(&["at"]);
        let time = self.time();
        if time.is_none() {
            self.rest = if day.is_some() { before_time } else { begin };
        }
        match (day, time) {
            (Some(day), time) => Some(When::On(day, time.unwrap_or(MORNING))),
            (None, Some(time)) => Some(When::At(time)),
            (None, None) => None,
        }
    }

    /// `9:00`, `3pm`, `3:30 pm`, `오후 3시 30분`.
    fn time(&mut self) -> Option<Time> {
        let half = self.read(|word| match word {
            "오전" => Some(false),
            "오후" => Some(true),
            _ => None,
        });
        let (hour, minute, marks) = self.read(clock)?;
        let more = |word: &str| match word.trim_end_matches('에') {
            "반" => Some(30),
            word => word.strip_suffix("분").and_then(number),
        };
        let minute = minute.or_else(|| self.read(more)).unwrap_or(0);
        let half = half.or_else(|| {
            self.read(|word| match word {
                "am" => Some(false),
                "pm" => Some(true),
                _ => None,
            })
        });
        // `3` alone may be the beginning of what one is reminded of.
        let half = half.or(marks.half);
        if half.is_none() && !marks.is_time {
            return None;
        }
        let hour = match half {
            Some(_) if !(1..=12).contains(&hour) => return None,
            Some(is_afternoon) => hour % 12 + if is_afternoon { 12 } else { 0 },
            None => hour,
        };
        Time::new(hour, minute, 0, 0).ok()
    }
}

/// What a word says beside the hour.
#[derive(Clone, Copy, Default)]
struct Marks {
    /// Whether it can only be a time of day.
    is_time: bool,
    /// Whether it is after noon, if it says so.
    half: Option<bool>,
}

/// Reads `15`, `15:30`, `3pm`, `3:30pm`, `9시` or `9시30분`: the hour, and the minute if it is there.
fn clock(word: &str) -> Option<(i8, Option<i8>, Marks)> {
    let mut marks = Marks::default();
    let mut word = word;
    for (suffix, is_afternoon) in [("am", false), ("pm", true)] {
        if let Some(rest) = word.strip_suffix(suffix) {
            (word, marks.half) = (rest, Some(is_afternoon));
        }
    }
    if let Some((hour, rest)) = word.split_once("시") {
        marks.is_time = true;
        let minute = match rest.trim_end_matches('에') {
            "" => None,
            "반" => Some(30),
            rest => Some(number(rest.strip_suffix("분")?)?),
        };
        return Some((number(hour)?, minute, marks));
    }
    if let Some((hour, minute)) = word.split_once(':') {
        marks.is_time = true;
        let minute = Some(minute).filter(|minute| minute.len() == 2)?;
        return Some((number(hour)?, Some(number(minute)?), marks));
    }
    Some((number(word)?, None, marks))
}

fn number(digits: &str) -> Option<i8> {
    let is_number = (1..=2).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { digits.parse().ok() } else { None }
}

/// Adds `20m`, `1h30m`, `2시간`, `1시간30분`.
fn add(span: Span, word: &str) -> Option<Span> {
    let mut total = span;
    let mut rest = word;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number = rest[..digits].parse().ok()?;
        let after = &rest[digits..];
        let length = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        total = plus(total, number, after[..length].trim_end_matches(['뒤', '후']))?;
        rest = &after[length..];
    }
    Some(total).filter(|_| !word.is_empty())
}

/// Adds so many of a unit.
fn plus(span: Span, number: i64, unit: &str) -> Option<Span> {
    let days = |days: i64| span.try_days(i64::from(span.get_days()).checked_add(days)?).ok();
    match unit {
        "s" | "sec" | "secs" | "second" | "seconds" | "초" => {
            span.try_seconds(span.get_seconds().checked_add(number)?).ok()
        }
        "m" | "min" | "mins" | "minute" | "minutes" | "분" => {
            span.try_minutes(span.get_minutes().checked_add(number)?).ok()
        }
        "h" | "hr" | "hrs" | "hour" | "hours" | "시간" => {
            span.try_hours(i64::from(span.get_hours()).checked_add(number)?).ok()
        }
        "d" | "day" | "days" | "일" => days(number),
        "w" | "week" | "weeks" | "주" | "주일" => days(number.checked_mul(7)?),
        _ => None,
    }
}

fn day(word: &str) -> Option<Day> {
    let weekday = match word {
        "today" | "오늘" => return Some(Day::Ahead(0)),
        "tomorrow" | "내일" => return Some(Day::Ahead(1)),
        "모레" => return Some(Day::Ahead(2)),
        "mon" | "monday" | "월요일" => Weekday::Monday,
        "tue" | "tuesday" | "화요일" => Weekday::Tuesday,
        "wed" | "wednesday" | "수요일" => Weekday::Wednesday,
        "thu" | "thursday" | "목요일" => Weekday::Thursday,
        "fri" | "friday" | "금요일" => Weekday::Friday,
        "sat" | "saturday" | "토요일" => Weekday::Saturday,
        "sun" | "sunday" | "일요일" => Weekday::Sunday,
        date => {
            let is_date = date.len() == "2026-12-01".len() && date.is_ascii();
            return if is_date { date.parse().ok().map(Day::Date) } else { None };
        }
    };
    Some(Day::Next(weekday))
}

#[cfg(test)]
mod tests {
    use super::super::DueTime;
    use super::*;

    /// Reads words that were said in Seoul on Tuesday, 2026-12-01, at 12:00.
    fn meant(text: &str) -> Option<(String, &str)> {
        let (when, rest) = When::parse(text)?;
        let now = DueTime::parse("2026-12-01T12:00", Some("Asia/Seoul")).unwrap().at;
        Some((DueTime::of_words(&when, now, "Asia/Seoul").ok()?.local, rest))
    }

    #[test]
    fn times_in_words_are_read_in_both_languages() {
        for (text, local, rest) in [
            ("20m tea", "2026-12-01T12:20", "tea"),
            ("in 2 hours tea", "2026-12-01T14:00", "tea"),
            ("1h30m", "2026-12-01T13:30", ""),
            ("3d", "2026-12-04T12:00", ""),
            ("1w pay the rent", "2026-12-08T12:00", "pay the rent"),
            ("30분 뒤 물 마시기", "2026-12-01T12:30", "물 마시기"),
            ("30분뒤 물", "2026-12-01T12:30", "물"),
            ("2시간 후에 회의", "2026-12-01T14:00", "회의"),
            ("1시간30분 회의", "2026-12-01T13:30", "회의"),
            ("1시간 30분 뒤 회의", "2026-12-01T13:30", "회의"),
            ("2h 30m tea", "2026-12-01T14:30", "tea"),
            ("1h 3 apples", "2026-12-01T13:00", "3 apples"),
            ("1일 뒤", "2026-12-02T12:00", ""),
            ("내일 오전 9시 30분에 회의", "2026-12-02T09:30", "회의"),
            ("오후 3시 반에 차", "2026-12-01T15:30", "차"),
            ("15:30 coffee", "2026-12-01T15:30", "coffee"),
            ("9:00 tomorrow's", "2026-12-02T09:00", "tomorrow's"),
            ("at 3pm call", "2026-12-01T15:00", "call"),
            ("3:30 pm call", "2026-12-01T15:30", "call"),
            ("12am", "2026-12-02T00:00", ""),
            ("tomorrow stand up", "2026-12-02T09:00", "stand up"),
            ("Tomorrow at 18:15 dinner", "2026-12-02T18:15", "dinner"),
            ("on fri 3pm beer", "2026-12-04T15:00", "beer"),
            ("tuesday", "2026-12-08T09:00", ""),
            ("내일 오전 9시 출근", "2026-12-02T09:00", "출근"),
            ("오후 3시 30분 차", "2026-12-01T15:30", "차"),
            ("오후 3시반에 차", "2026-12-01T15:30", "차"),
            ("모레 18:00", "2026-12-03T18:00", ""),
            ("일요일 교회", "2026-12-06T09:00", "교회"),
            ("2026-12-24 18:30 선물", "2026-12-24T18:30", "선물"),
            ("2026-12-24 3 선물", "2026-12-24T09:00", "3 선물"),
        ] {
            assert_eq!(meant(text), Some((local.to_owned(), rest)), "{text}");
        }
    }

    #[test]
    fn what_names_no_time_is_not_guessed() {
        for text in [
            "",
            "tea",
            "3",
            "3 apples",
            "at",
            "in",
            "in tea",
            "0m",
            "25:00",
            "9:5",
            "13pm",
            "오후 15시",
            "99999999999h",
            "2026-13-01",
            "2026-02-30 9:00",
            "m",
            "시",
            "-5m",
            "5 m5",
        ] {
            assert_eq!(meant(text), None, "{text}");
        }
    }
}
