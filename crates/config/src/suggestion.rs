//! "Did you mean": the nearest of the words that would be right.

/// No key is longer, and comparing takes the product of the lengths.
const LIMIT_BYTES: usize = 100;

/// The candidate that the word was likely meant to be; the first of several equally near ones.
///
/// Case, `_` for `-` and a few wrong letters are forgiven: one in three, which keeps `env` away
/// from `url`.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > LIMIT_BYTES {
        return None;
    }
    let word = folded(word);
    let limit = (word.chars().count() / 3).max(1);
    let near = candidates.into_iter().filter_map(|candidate| {
        let distance = strsim::damerau_levenshtein(&word, &folded(candidate));
        (distance <= limit && distance < candidate.len()).then_some((distance, candidate))
    });
    near.min_by_key(|(distance, _)| *distance).map(|(_, candidate)| candidate)
}

fn folded(word: &str) -> String {
    word.to_lowercase().replace('_', "-")
}

/// `` `a`, `b` and `c` ``.
pub(crate) fn enumerate<'a>(words: impl IntoIterator<Item = &'a str>, last: &str) -> String {
    let quoted: Vec<_> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((end, [])) => end.clone(),
        Some((end, rest)) => format!("{} {last} {end}", rest.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forgives_a_little_and_no_more() {
        let keys = ["name", "default-features", "url", "env"];
        assert_eq!(nearest("nmae", keys), Some("name"));
        assert_eq!(nearest("Name", keys), Some("name"));
        assert_eq!(nearest("default_features", keys), Some("default-features"));
        assert_eq!(nearest("uri", keys), Some("url"));
        assert_eq!(nearest("x", keys), None);
        assert_eq!(nearest("", keys), None);
        assert_eq!(nearest("version", keys), None);
    }

    #[test]
    fn enumerates_as_people_do() {
        assert_eq!(enumerate([], "and"), "");
        assert_eq!(enumerate(["a"], "and"), "`a`");
        assert_eq!(enumerate(["a", "b", "c"], "or"), "`a`, `b` or `c`");
    }
}
