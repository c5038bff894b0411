//! Days and times of day as pages show them. They read as those of `Intl.DateTimeFormat`, which scripts use.

use super::Lang;
use crate::due_time::DueTime;

const DAY_MS: i64 = 86_400_000;

const DAYS_KO: [&str; 7] = ["목요일", "금요일", "토요일", "일요일", "월요일", "화요일", "수요일"];
const DAYS_EN: [&str; 7] = ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"];
const MONTHS_EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Returns the name of a day, counted from 1970-01-01.
pub fn day_name(day: i64, today: i64, lang: Lang) -> String {
    let strings = lang.strings();
    match today - day {
        0 => return strings.today.to_owned(),
        1 => return strings.yesterday.to_owned(),
        _ => {}
    }
    let (year, month, date) = civil(day);
    let weekday = day.rem_euclid(7) as usize;
    match lang {
        Lang::Ko => format!("{year}년 {month}월 {date}일 {}", DAYS_KO[weekday]),
        Lang::En => format!("{}, {} {date}, {year}", DAYS_EN[weekday], MONTHS_EN[month as usize - 1]),
    }
}

/// Returns the time of day of a local time in milliseconds.
pub fn clock(local_ms: i64, lang: Lang) -> String {
    let minutes = local_ms.div_euclid(60_000).rem_euclid(1_440);
    let (hour, minute) = (minutes / 60, minutes % 60);
    let shown = if hour % 12 == 0 { 12 } else { hour % 12 };
    match lang {
        Lang::Ko => format!("{} {shown}:{minute:02}", if hour < 12 { "오전" } else { "오후" }),
        Lang::En => format!("{shown}:{minute:02}\u{202f}{}", if hour < 12 { "AM" } else { "PM" }),
    }
}

/// Returns the day and the time at which something is due, as they are in its zone.
pub fn date_and_time(due: &DueTime, now: i64, lang: Lang) -> String {
    let words = &lang.strings().scheduled;
    let day_of = |ms: i64| ms.div_euclid(DAY_MS);
    let east = i64::from(due.minutes_east()) * 60_000;
    let (day, today) = (day_of(due.at + east), day_of(now + east));
    let name = match day - today {
        0 => words.today.to_owned(),
        1 => words.tomorrow.to_owned(),
        _ => day_name(day, day + 2, lang),
    };
    let time = clock(due.at + east, lang);
    match lang {
        Lang::Ko => format!("{name} {time}"),
        Lang::En => format!("{name}, {time}"),
    }
}

/// Returns year, month and day of a day since 1970-01-01 (Howard Hinnant's `civil_from_days`).
fn civil(day: i64) -> (i64, u32, u32) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month_of_march = (5 * of_year + 2) / 153;
    let date = of_year - (153 * month_of_march + 2) / 5 + 1;
    let month = if month_of_march < 10 { month_of_march + 3 } else { month_of_march - 9 };
    (year + era * 400 + i64::from(month <= 2), month as u32, date as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_the_names_of_the_calendar() {
        assert_eq!(day_name(0, 10_000, Lang::Ko), "1970년 1월 1일 목요일");
        assert_eq!(day_name(20_786, 0, Lang::En), "Sunday, November 29, 2026");
        assert_eq!(day_name(11_016, 0, Lang::En), "Tuesday, February 29, 2000");
        assert_eq!(day_name(7, 7, Lang::Ko), "오늘");
        assert_eq!(day_name(6, 7, Lang::En), "Yesterday");
    }

    #[test]
    fn what_is_due_is_named_by_its_own_clock() {
        let due = DueTime::parse("2026-12-01T09:00", Some("Asia/Seoul")).unwrap();
        assert_eq!(date_and_time(&due, due.at - 8 * 3_600_000, Lang::Ko), "오늘 오전 9:00");
        assert_eq!(date_and_time(&due, due.at - 10 * 3_600_000, Lang::En), "tomorrow, 9:00\u{202f}AM");
        assert_eq!(date_and_time(&due, due.at - 90 * 3_600_000, Lang::Ko), "2026년 12월 1일 화요일 오전 9:00");
    }

    #[test]
    fn noon_and_midnight_are_twelve() {
        assert_eq!(clock(0, Lang::Ko), "오전 12:00");
        assert_eq!(clock(12 * 3_600_000, Lang::En), "12:00\u{202f}PM");
        assert_eq!(clock(-60_000, Lang::Ko), "오후 11:59");
    }
}
