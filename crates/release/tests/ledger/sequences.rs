//! Whatever is done to a ledger in whatever order, it keeps what it promises.

use std::collections::BTreeMap;

use landfall_config::environment::read_ledger;
use landfall_release::Entry;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::operation::{Kind, Operation, image, ledger, name, source};

const APPS: [&str; 6] = ["a", "b", "b-2", "c", "cc", "z"];
const REGIONS: [&str; 3] = ["london", "seoul", "virginia"];

/// Texts to begin with: none, one with comments at each place, one that was written otherwise.
const TEXTS: [&str; 4] = ["", PLAIN, COMMENTED, ODD];

const PLAIN: &str = "# Written by hand.\nformat = 1\n";

const COMMENTED: &str = r#"# Of the file.
format = 1 # of the format

# Above b.
[b] # of b
# Above the digest.
digest = "sha256:0000000000000000000000000000000000000000000000000000000000000000" # of the digest
version = "0" # of the version
revision = 3 # of the revision
previous = [ # of the list
  # Above an item.
  { revision = 2, version = "1", digest = "sha256:1111111111111111111111111111111111111111111111111111111111111111" }, # of an item
] # of the end

# Above cc.
[cc]
digest = "sha256:0000000000000000000000000000000000000000000000000000000000000000"
version = "0"
revision = 1
previous = []
# At the end.
"#;

const ODD: &str = r#"format = 1
z = { version = "0", revision = 1, previous = [], digest = "sha256:0000000000000000000000000000000000000000000000000000000000000000" }
[b]
revision = 0x10
version = '0'
digest = "sha256:0000000000000000000000000000000000000000000000000000000000000000"
regions.seoul.digest = "sha256:1111111111111111111111111111111111111111111111111111111111111111"
regions.seoul.version = "1"
[[b.previous]]
revision = 2
version = "1"
digest = "sha256:1111111111111111111111111111111111111111111111111111111111111111"
[c]
digest = "sha256:0000000000000000000000000000000000000000000000000000000000000000"
version = "0"
revision = 2
previous = [{ revision = 1, version = "2", digest = "sha256:2222222222222222222222222222222222222222222222222222222222222222" }]
[a.regions]
london = { version = "1", digest = "sha256:1111111111111111111111111111111111111111111111111111111111111111", hold = true }
[a]
digest = "sha256:0000000000000000000000000000000000000000000000000000000000000000"
version = "0"
revision = 1
previous = []"#;

const SNIPPETS: [&str; 12] = [
    "\n",
    " ",
    "\t",
    "\r\n",
    "# [x]\n",
    "\n# [x]\n",
    "\n\n\n",
    "\"\"\"",
    "'",
    ",",
    "\n[",
    "\u{feff}",
];

fn operation() -> impl Strategy<Value = Operation> {
    let image = || select(&["0", "1", "2", "3", "4"][..]).prop_map(|one| image(one, one));
    let region = || select(&REGIONS[..]).prop_map(name);
    let kind = prop_oneof![
        3 => image().prop_map(Kind::Stage),
        2 => (region(), image(), any::<bool>()).prop_map(|(region, image, hold)| Kind::Region(region, image, hold)),
        1 => region().prop_map(Kind::Follow),
    ];
    (select(&APPS[..]).prop_map(name), kind).prop_map(|(app, kind)| Operation { app, kind })
}

fn entries(text: &str) -> BTreeMap<String, Entry> {
    let ledger = ledger(text);
    ledger.entries.iter().map(|(app, entry)| (app.to_string(), Entry::from(entry))).collect()
}

/// The lines of each app, from its first header on, with what stands above it.
fn blocks(text: &str) -> BTreeMap<String, String> {
    let mut blocks: BTreeMap<String, String> = BTreeMap::new();
    let (mut app, mut above) = (String::new(), String::new());
    for line in text.split_inclusive('\n') {
        if let Some(header) = line.strip_prefix('[') {
            let name = header.trim_start_matches('[').split(['.', ']']).next().unwrap();
            app = name.to_owned();
        } else if line.trim().is_empty() || line.starts_with('#') {
            above.push_str(line);
            continue;
        }
        *blocks.entry(app.clone()).or_default() += &(std::mem::take(&mut above) + line);
    }
    blocks
}

fn headers(text: &str) -> Vec<&str> {
    let headers = text.lines().filter_map(|line| line.strip_prefix('[')?.split(']').next());
    headers.filter(|header| !header.contains(['.', '['])).collect()
}

/// Every comment but those of what was taken away.
fn comments(text: &str) -> Vec<&str> {
    let comments = text.lines().filter_map(|line| Some(&line[line.find('#')?..]));
    comments.filter(|comment| !comment.contains("item")).collect()
}

fn check(before: &str, operation: &Operation) -> String {
    let after = operation.made(before).unwrap();
    let (was, is) = (entries(before), entries(&after));
    let edit = operation.edit(before);
    let app = operation.app.to_string();
    assert_eq!(is[&app], edit.next, "{before}\n--\n{after}");
    if let Some(old) = was.get(&app).filter(|old| *old != &is[&app]) {
        assert_eq!(is[&app].revision, old.revision + 1);
    }
    for (other, entry) in was.iter().filter(|(other, _)| **other != app) {
        assert_eq!(&is[other], entry, "{before}\n--\n{after}");
    }
    let (was, is) = (blocks(before), blocks(&after));
    let others = was.iter().filter(|(other, _)| !other.is_empty() && **other != app);
    for (other, lines) in others {
        assert_eq!(is[other].trim(), lines.trim(), "{before}\n--\n{after}");
    }
    let kept = comments(&after);
    assert!(comments(before).iter().all(|comment| kept.contains(comment)), "{before}\n--\n{after}");
    after
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_ledger_keeps_what_it_promises(
        text in select(&TEXTS[..]),
        operations in prop::collection::vec(operation(), 1..16),
    ) {
        let after = operations.iter().fold(text.to_owned(), |text, one| check(&text, one));
        if text != ODD {
            let headers = headers(&after);
            prop_assert!(headers.is_sorted(), "{headers:?}");
        }
    }

    /// Whatever people make of a file by hand: as long as it is read, it is changed right.
    #[test]
    fn a_text_that_is_read_is_changed_as_it_was_meant(
        text in select(&TEXTS[..]),
        snippets in prop::collection::vec((any::<Index>(), select(&SNIPPETS[..])), 0..4),
        operation in operation(),
    ) {
        let mut text = text.to_owned();
        for (place, snippet) in snippets {
            let places: Vec<_> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            text.insert_str(*place.get(&places), snippet);
        }
        if text.trim().is_empty() || read_ledger(&source(&text), None).0.is_some() {
            let after = operation.made(&text).unwrap();
            let app = operation.app.to_string();
            prop_assert_eq!(&entries(&after)[&app], &operation.edit(&text).next);
        }
    }

    #[test]
    fn another_system_s_line_ends_stay(operations in prop::collection::vec(operation(), 1..12)) {
        let unix = operations.iter().fold(COMMENTED.to_owned(), |text, one| one.made(&text).unwrap());
        let dos = COMMENTED.replace('\n', "\r\n");
        let dos = operations.iter().fold(dos, |text, one| one.made(&text).unwrap());
        prop_assert_eq!(dos, unix.replace('\n', "\r\n"));
    }
}
