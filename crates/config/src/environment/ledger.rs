//! releases.toml: which digest of which app a stage runs.
//!
//! Here the file is read; what it means and how it changes is said by the crate `landfall-release`.
//! Each app has a block of its own, so that promotions of different apps merge in git, and two of
//! one app do not: then there are git's marks in the file, and nothing else of it is looked at.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use landfall_diagnostics::{Diagnostic, Source, Span};
use landfall_hashing::Digest;

use crate::document::{Entry, Table};
use crate::environment::fields::LEDGER_FILE;
use crate::environment::folder::{StageFolder, known};
use crate::environment::image_digest::ImageDigest;
use crate::environment::merge_conflict::{self, header, lines};
use crate::problems::{Problems, has_error};
use crate::version::Version;
use crate::{Name, Spanned, document, shape};

/// The newest form of the file that is known here.
pub const LEDGER_FORMAT: u64 = 1;

/// What releases.toml says; nothing where the file is not there yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    /// A block for each app.
    pub entries: BTreeMap<Name, LedgerEntry>,
}

/// An app's block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerEntry {
    /// The app's name.
    pub span: Span,
    /// The image that the stage runs.
    pub digest: Spanned<Digest>,
    /// The version that it was built as.
    pub version: Spanned<String>,
    /// How often the block was changed.
    pub revision: Spanned<u64>,
    /// What the block said before, the newest first.
    pub previous: Vec<LedgerPrevious>,
    /// Regions that run something else than the stage.
    pub regions: BTreeMap<Name, LedgerOverride>,
}

/// What the block said up to a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerPrevious {
    /// The last revision at which it said so; at most the block's own, less one.
    pub revision: Spanned<u64>,
    /// The image.
    pub digest: Spanned<Digest>,
    /// The version that it was built as.
    pub version: Spanned<String>,
    /// The region that ran it; none means the stage.
    pub region: Option<Spanned<Name>>,
}

/// What one region runs in the place of the stage's image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerOverride {
    /// The region's name.
    pub span: Span,
    /// The image.
    pub digest: Spanned<Digest>,
    /// The version that it was built as.
    pub version: Spanned<String>,
    /// Whether promotions to the stage leave the region be.
    pub hold: bool,
}

/// Reads releases.toml; none where something is wrong with it.
///
/// With the stage its regions are known, too, and one that the stage does not have is a problem. A
/// file of a later Landfall, or one that git could not merge, has that one problem and no other.
pub fn read_ledger(
    source: &Arc<Source>,
    stage: Option<&StageFolder>,
) -> (Option<Ledger>, Vec<Diagnostic>) {
    let conflicts = merge_conflict::find(source);
    if !conflicts.is_empty() {
        return (None, conflicts);
    }
    let (document, syntax) = document::parse(source);
    if let Some(newer) = newer(&document) {
        return (None, vec![newer]);
    }
    let mut problems = Problems::default();
    shape::check(&document, &LEDGER_FILE, &mut problems);
    let apps = document.entries.iter().filter(|entry| entry.key.value != "format");
    let entries = apps.filter_map(|entry| read_entry(entry, stage, &mut problems)).collect();
    let found = name_blocks_that_stand_twice(source, syntax.join(problems.into_sorted()));
    ((!has_error(&found)).then_some(Ledger { entries }), found)
}

fn newer(document: &Table) -> Option<Diagnostic> {
    let format = document.integer("format").filter(|format| *format > LEDGER_FORMAT.cast_signed());
    let message =
        format!("the ledger has format {}, and this Landfall reads {LEDGER_FORMAT}", format?);
    let problem = Diagnostic::error("ledger::format", message);
    let problem = problem.at(&document.get("format")?.span, "written by a later Landfall");
    Some(problem.help("upgrade Landfall to at least the version that wrote the file"))
}

fn read_entry(
    entry: &Entry,
    stage: Option<&StageFolder>,
    problems: &mut Problems,
) -> Option<(Name, LedgerEntry)> {
    let name = problems.parse::<Name>(entry.key_text());
    let table = entry.item.table()?;
    let (digest, version) = (digest(table, problems), version(table, problems));
    let revision = revision(table);
    let previous: Vec<_> =
        table.tables("previous").into_iter().map(|item| read_previous(item, problems)).collect();
    let overrides = table.entries("regions").iter();
    let regions = overrides.filter_map(|one| read_override(one, stage, problems)).collect();
    check_revisions(table, problems);
    let entry = LedgerEntry {
        span: entry.key.span.clone(),
        digest: digest?,
        version: version?,
        revision: revision?,
        previous: previous.into_iter().collect::<Option<_>>()?,
        regions,
    };
    check_overrides(&entry, problems);
    Some((name?.value, entry))
}

fn digest(table: &Table, problems: &mut Problems) -> Option<Spanned<Digest>> {
    let digest = problems.parse::<ImageDigest>(table.text("digest")?)?;
    Some(Spanned { value: digest.value.0, span: digest.span })
}

fn version(table: &Table, problems: &mut Problems) -> Option<Spanned<String>> {
    let version = problems.parse::<Version>(table.text("version")?)?;
    Some(Spanned { value: version.value.0, span: version.span })
}

/// A number whose range was checked before.
fn revision(table: &Table) -> Option<Spanned<u64>> {
    let value = table.integer("revision")?.try_into().ok()?;
    Some(Spanned { value, span: table.get("revision")?.span.clone() })
}

fn read_previous(table: &Table, problems: &mut Problems) -> Option<LedgerPrevious> {
    let (digest, version) = (digest(table, problems), version(table, problems));
    let region = table.text("region").map(|text| problems.parse::<Name>(text));
    Some(LedgerPrevious {
        revision: revision(table)?,
        digest: digest?,
        version: version?,
        region: match region {
            Some(region) => Some(region?),
            None => None,
        },
    })
}

fn read_override(
    entry: &Entry,
    stage: Option<&StageFolder>,
    problems: &mut Problems,
) -> Option<(Name, LedgerOverride)> {
    let name = problems.parse::<Name>(entry.key_text());
    let stranger = stage.zip(name.as_ref()).and_then(|(stage, name)| stranger(stage, name));
    stranger.into_iter().for_each(|stranger| problems.push(stranger));
    let table = entry.item.table()?;
    let (digest, version) = (digest(table, problems), version(table, problems));
    let span = entry.key.span.clone();
    let hold = table.boolean("hold").unwrap_or(false);
    Some((name?.value, LedgerOverride { span, digest: digest?, version: version?, hold }))
}

/// A region that the stage does not have: nothing would ever run there what the ledger says.
fn stranger(stage: &StageFolder, region: &Spanned<Name>) -> Option<Diagnostic> {
    let (name, text) = (&stage.stage.name, region.value.as_str());
    let message = format!("the stage `{name}` has no region `{text}`");
    let problem = Diagnostic::error("ledger::unknown-region", message)
        .at(&region.span, "no file says what it is");
    let file = format!("environments/{name}/REGION.toml");
    let problem = known(problem, text, stage.regions.keys(), "region", &file);
    let way_out = "take the table away where the region is gone for good";
    (!stage.regions.contains_key(&region.value)).then(|| problem.help(way_out))
}

/// The revision of a block is higher than all before it, and what was before falls: strictly for the
/// stage and for each region, which one change may have moved together.
fn check_revisions(table: &Table, problems: &mut Problems) {
    let items = table.tables("previous").into_iter();
    let items: Vec<_> = items.filter_map(|item| Some((scope(item), revision(item)?))).collect();
    if let Some(own) = revision(table) {
        let ahead = items.iter().filter(|(_, item)| item.value >= own.value);
        ahead.for_each(|(_, item)| problems.push(not_grown(&own, item)));
    }
    for (index, (scope, item)) in items.iter().enumerate() {
        let before = &items[..index];
        let same = before.iter().find(|(other, one)| other == scope && one.value == item.value);
        let higher = before.last().filter(|(_, one)| one.value < item.value);
        if let Some((_, before)) = same.or(higher) {
            problems.push(not_falling(before, item));
        }
    }
}

fn scope(item: &Table) -> Option<&str> {
    item.text("region").map(|region| region.value)
}

fn not_grown(own: &Spanned<u64>, item: &Spanned<u64>) -> Diagnostic {
    let message =
        format!("the block is at revision {}, and says what it was at {}", own.value, item.value);
    Diagnostic::error("ledger::revision", message)
        .at(&own.span, "must be higher than all before it")
        .at(&item.span, "as high, or higher")
        .help(FROM_GIT)
}

fn not_falling(before: &Spanned<u64>, item: &Spanned<u64>) -> Diagnostic {
    let message = match before.value == item.value {
        true => format!("the revision {} stands twice in `previous`", item.value),
        false => format!("`previous` goes from revision {} up to {}", before.value, item.value),
    };
    Diagnostic::error("ledger::revision", message)
        .at(&item.span, "must be lower than those above")
        .at(&before.span, "above it")
        .help(FROM_GIT)
}

const FROM_GIT: &str = "take the app's block as it is in the last commit, and run the promotion again: \
                        Landfall counts the revisions";

/// An override without a hold ends with the next promotion; one that says what the stage says has
/// ended already.
fn check_overrides(entry: &LedgerEntry, problems: &mut Problems) {
    let same = |one: &LedgerOverride| {
        one.digest.value == entry.digest.value && one.version.value == entry.version.value
    };
    for (name, one) in entry.regions.iter().filter(|(_, one)| !one.hold && same(one)) {
        let message = format!("`{name}` is said to run what the whole stage runs");
        problems.push(
            Diagnostic::warning("ledger::override", message)
                .at(&one.span, "changes nothing")
                .help("take the table away, or add `hold = true` to keep promotions out"),
        );
    }
}

/// Says of a block that stands twice only that: for a reader of TOML each of its keys does, too.
fn name_blocks_that_stand_twice(source: &Arc<Source>, found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let twice = blocks_that_stand_twice(source);
    let is_part = |one: &Diagnostic| {
        let place = one.labels.first().map(|label| label.span.start);
        let lines = || twice.iter().map(|(lines, _)| lines);
        one.code == "config::syntax"
            && place.is_some_and(|place| lines().any(|lines| lines.contains(&place)))
    };
    let rest: Vec<_> = found.into_iter().filter(|one| !is_part(one)).collect();
    rest.into_iter().chain(twice.iter().map(|(_, problem)| problem.clone())).collect()
}

/// Each such block's bytes, and what is to be said of it.
fn blocks_that_stand_twice(source: &Arc<Source>) -> Vec<(Range<usize>, Diagnostic)> {
    let headers = lines(source).filter_map(|line| Some((header(line.text())?.to_owned(), line)));
    let headers: Vec<_> = headers.collect();
    let mut first: BTreeMap<&str, &Span> = BTreeMap::new();
    let mut twice = Vec::new();
    for (index, (name, line)) in headers.iter().enumerate() {
        let is_list = line.text().trim_start().starts_with("[[");
        let end = headers.get(index + 1).map_or(source.text.len(), |(_, next)| next.start);
        match first.get(name.as_str()) {
            Some(first) if !is_list => {
                twice.push((line.start..end, stands_twice(name, line, first)));
            }
            _ => drop(first.insert(name, line)),
        }
    }
    twice
}

fn stands_twice(name: &str, again: &Span, first: &Span) -> Diagnostic {
    let message = format!("the ledger has two blocks `[{}]`", name.escape_debug());
    Diagnostic::error("ledger::duplicate", message)
        .at(again, "again here")
        .at(first, "first here")
        .help("two sides of a merge each brought one: keep the one with the higher revision")
        .help("then run the promotion of the other again if it is still wanted")
}
