//! Text from outside in a form that a terminal, a log and a reader can take.

/// At most `limit` characters of a text, white space drawn together, the rest of what cannot be
/// seen escaped: a server must not be able to move a cursor or to turn the writing direction.
pub fn printable(text: &str, limit: usize) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown: String = words.chars().take(limit).flat_map(escaped).collect();
    let dots = if words.chars().nth(limit).is_some() { "…" } else { "" };
    shown + dots
}

fn escaped(character: char) -> impl Iterator<Item = char> {
    let plain = matches!(character, '"' | '\'' | '\\').then_some(character);
    let rest = plain.is_none().then(|| character.escape_debug());
    plain.into_iter().chain(rest.into_iter().flatten())
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn shows_nothing_that_acts_on_a_terminal() {
        let rows = [
            ("a \"b\" c:\\d", "a \"b\" c:\\d"),
            ("line\r\n\tnext ", "line next"),
            ("\u{1b}[2Jx\u{7}", "\\u{1b}[2Jx\\u{7}"),
            ("\u{202e}gpj.exe", "\\u{202e}gpj.exe"),
            ("größe", "größe"),
            ("12345678901", "1234567890…"),
        ];
        for (text, shown) in rows {
            let limit = if text.len() == 11 && text.starts_with('1') { 10 } else { 40 };
            assert_eq!(printable(text, limit), shown);
        }
    }
}
