//! How long ago something was, as people say it.

/// `3m`, `5h`, `12d`; `?` where the text is no time (RFC 3339, UTC).
pub fn age(since: &str, now_seconds: u64) -> String {
    let then = since.parse::<jiff::Timestamp>().ok();
    let Some(then) = then.and_then(|then| u64::try_from(then.as_second()).ok()) else {
        return "?".into();
    };
    let seconds = now_seconds.saturating_sub(then);
    match seconds {
        0..120 => format!("{seconds}s"),
        120..7_200 => format!("{}m", seconds / 60),
        7_200..172_800 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::age;

    #[test]
    fn an_age_has_one_unit() {
        let now = 1_767_225_600;
        for (since, expected) in [
            ("2026-01-01T00:00:00Z", "0s"),
            ("2025-12-31T23:58:01Z", "119s"),
            ("2025-12-31T23:58:00Z", "2m"),
            ("2025-12-31T22:00:00Z", "2h"),
            ("2025-12-25T00:00:00Z", "7d"),
            ("2027-01-01T00:00:00Z", "0s"),
            ("yesterday", "?"),
        ] {
            assert_eq!(age(since, now), expected, "{since}");
        }
    }
}
