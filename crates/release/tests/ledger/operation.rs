//! One change of one app's entry, as cases write it and as chance makes it.

use std::str::FromStr;
use std::sync::Arc;

use landfall_config::Name;
use landfall_config::environment::{Ledger, read_ledger};
use landfall_diagnostics::Source;
use landfall_release::{Change, Edit, Entry, ImageVersion, LedgerError};

/// What is done to an app.
#[derive(Debug, Clone)]
pub struct Operation {
    pub app: Name,
    pub kind: Kind,
}

#[derive(Debug, Clone)]
pub enum Kind {
    /// `APP stage LETTER VERSION`
    Stage(ImageVersion),
    /// `APP region REGION LETTER VERSION [hold]`
    Region(Name, ImageVersion, bool),
    /// `APP follow REGION`
    Follow(Name),
}

impl FromStr for Operation {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let words: Vec<_> = line.split_whitespace().collect();
        let kind = match words[1..] {
            ["stage", digest, version] => Kind::Stage(image(digest, version)),
            ["region", region, digest, version] => {
                Kind::Region(name(region), image(digest, version), false)
            }
            ["region", region, digest, version, "hold"] => {
                Kind::Region(name(region), image(digest, version), true)
            }
            ["follow", region] => Kind::Follow(name(region)),
            _ => return Err(line.to_owned()),
        };
        Ok(Self { app: name(words[0]), kind })
    }
}

impl Operation {
    /// The edit from what a text says.
    pub fn edit(&self, text: &str) -> Edit {
        let expected = Entry::of(&ledger(text), &self.app);
        let next = match (&expected, &self.kind) {
            (Some(entry), Kind::Stage(image)) => entry.with_stage(image),
            (Some(entry), Kind::Region(region, image, hold)) => {
                entry.with_region(region, image, *hold)
            }
            (Some(entry), Kind::Follow(region)) => entry.without_region(region),
            (None, Kind::Stage(image) | Kind::Region(_, image, _)) => Entry::first(image.clone()),
            (None, Kind::Follow(_)) => Entry::first(image("0", "0")),
        };
        Edit { app: self.app.clone(), expected, next }
    }

    /// The text after the change.
    pub fn made(&self, text: &str) -> Result<String, Vec<LedgerError>> {
        Change { edits: vec![self.edit(text)] }.apply(&source(text))
    }
}

/// Makes every operation of some lines, one after the other.
pub fn all(lines: &str, text: &str) -> String {
    lines
        .lines()
        .fold(text.to_owned(), |text, line| line.parse::<Operation>().unwrap().made(&text).unwrap())
}

pub fn name(text: &str) -> Name {
    text.parse().unwrap()
}

/// The digest that is 64 times a letter.
pub fn image(letter: &str, version: &str) -> ImageVersion {
    let digest = format!("sha256:{}", letter.repeat(64)).parse().unwrap();
    ImageVersion { digest, version: version.to_owned() }
}

pub fn source(text: &str) -> Arc<Source> {
    Source::new("environments/prod/releases.toml", text)
}

/// What a text says, which must have no problem.
pub fn ledger(text: &str) -> Ledger {
    if text.trim().is_empty() {
        return Ledger::default();
    }
    let (ledger, problems) = read_ledger(&source(text), None);
    let shown: String = problems.iter().map(|problem| format!("{problem}\n")).collect();
    ledger.unwrap_or_else(|| panic!("{shown}\n{text}"))
}
