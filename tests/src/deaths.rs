//! Which suite kills at which failpoints: each one stands in exactly one of these tables.
//!
//! A table is a list of the parts of names before the colons.

/// `line/kills.rs`, around a build of an app without compiled code.
pub const BUILDS: &[&str] = &["blob", "gc", "lock-file", "output", "record", "root", "view"];
/// `line/kills.rs`, around a compile.
pub const COMPILES: &[&str] = &["compile-cache", "shadow"];
/// `line/init.rs`.
pub const INIT: &[&str] = &["init"];
/// `judged/weather.rs`, around a change of the ledger.
pub const LEDGER: &[&str] = &["ledger"];
/// `judged/dying.rs`, and `judged/weather.rs` through the command line.
pub const RELEASES: &[&str] = &["apply", "uninstall"];

/// Every table.
pub const TABLES: [&[&str]; 5] = [BUILDS, COMPILES, INIT, LEDGER, RELEASES];

/// The failpoints of a table.
pub fn failpoints(table: &[&str]) -> Vec<&'static str> {
    let part = |name: &str| name.split_once("::").map(|(part, _)| part.to_owned());
    let all = landfall_failpoint::ALL.iter().copied();
    all.filter(|name| part(name).is_some_and(|part| table.contains(&part.as_str()))).collect()
}

#[cfg(test)]
mod tests {
    use super::{TABLES, failpoints};

    #[test]
    fn every_failpoint_is_in_exactly_one_table() {
        let mut found: Vec<_> = TABLES.into_iter().flat_map(failpoints).collect();
        let mut all = landfall_failpoint::ALL.to_vec();
        found.sort_unstable();
        all.sort_unstable();
        assert_eq!(found, all);
    }

    #[test]
    fn every_row_of_a_table_has_a_failpoint() {
        let empty = TABLES.concat().into_iter().filter(|part| failpoints(&[part]).is_empty());
        assert_eq!(empty.collect::<Vec<_>>(), [""; 0]);
    }
}
