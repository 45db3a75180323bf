//! Times of a zip's entries.

/// Seconds since 1970 of a DOS date and time, read as UTC since no zone is stated (APPNOTE 4.4.6).
///
/// All zeros is what writers put who want no time; it is the first moment that DOS knows. None
/// where the date is none.
pub(super) fn dos_seconds(date_and_time: u32) -> Option<i64> {
    /// 1980-01-01.
    const FIRST: i64 = 315_532_800;
    if date_and_time == 0 {
        return Some(FIRST);
    }
    let bits = |start: u32, count: u32| i64::from(date_and_time >> start & ((1 << count) - 1));
    let (year, month, day) = (1980 + bits(25, 7), bits(21, 4), bits(16, 5));
    let (hour, minute, second) = (bits(11, 5), bits(5, 6), 2 * bits(0, 5));
    let real = (1..=12).contains(&month) && (1..=days_of(year, month)).contains(&day);
    let timed = hour < 24 && minute < 60 && second < 60;
    (real && timed)
        .then(|| ((days_since_1970(year, month, day) * 24 + hour) * 60 + minute) * 60 + second)
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let years: i64 = (1970..year).map(|year| if is_leap(year) { 366 } else { 365 }).sum();
    let months: i64 = (1..month).map(|month| days_of(year, month)).sum();
    years + months + day - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dos(year: u32, month: u32, day: u32, hour: u32, minute: u32, second: u32) -> u32 {
        (year - 1980) << 25 | month << 21 | day << 16 | hour << 11 | minute << 5 | (second / 2)
    }

    #[test]
    fn counts_the_seconds_of_real_dates_only() {
        let cases = [
            (dos(1980, 1, 1, 0, 0, 0), Some(315_532_800)),
            (dos(2000, 2, 29, 12, 0, 0), Some(951_825_600)),
            (dos(2023, 11, 14, 22, 13, 20), Some(1_700_000_000)),
            (dos(2107, 12, 31, 23, 59, 58), Some(4_354_819_198)),
            (0, Some(315_532_800)),
            (dos(2001, 2, 29, 0, 0, 0), None),
            (dos(2001, 13, 1, 0, 0, 0), None),
            (dos(2001, 1, 0, 0, 0, 0), None),
            (dos(2001, 1, 1, 24, 0, 0), None),
            (dos(2001, 1, 1, 0, 60, 0), None),
        ];
        for (moment, seconds) in cases {
            assert_eq!(dos_seconds(moment), seconds, "{moment:#x}");
        }
    }
}
