//! Every archive of `tests/fixtures/archives`: what is refused, by its code, and what is taken,
//! entry by entry as GNU tar and Python read it. All differences are shown at once.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use landfall_archive::{ArchiveError, Format, Options, unpack};
use landfall_hashing::Digest;
use landfall_tree::{Entry, Node, Tree};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    file: String,
    stands_for: String,
    code: Option<Codes>,
    entries: Option<Vec<Listed>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Codes {
    One(String),
    Any(Vec<String>),
}

impl Codes {
    fn hold(&self, code: &str) -> bool {
        match self {
            Self::One(one) => one == code,
            Self::Any(any) => any.iter().any(|one| one == code),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::One(one) => one.clone(),
            Self::Any(any) => any.join(" or "),
        }
    }
}

/// An entry as `corpus.json` has it and as the tree has it.
#[derive(Deserialize, Debug, Clone, PartialEq)]
struct Listed {
    path: String,
    kind: String,
    mode: Option<String>,
    size: u64,
    mtime: i64,
    sha256: Option<String>,
    target: Option<String>,
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/archives")
}

fn cases() -> Vec<Case> {
    let bytes = std::fs::read(corpus().join("corpus.json")).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

fn format_of(file: &str) -> Format {
    let fits = |format: &&Format| file.ends_with(&format!(".{}", format.name()));
    *Format::ALL.iter().find(fits).unwrap()
}

fn read(case: &Case) -> Result<Tree, ArchiveError> {
    let bytes = std::fs::read(corpus().join(&case.file)).unwrap();
    unpack(Cursor::new(bytes), format_of(&case.file), &Options::default(), &mut ())
}

fn listed(entry: &Entry) -> Listed {
    let (kind, size, sha256, target) = match &entry.node {
        Node::Directory => ("directory", 0, None, None),
        Node::File { size_bytes, digest } => ("file", *size_bytes, Some(digest.hex()), None),
        Node::Symlink { target } => ("symlink", 0, None, Some(target.clone())),
        Node::Hardlink { target } => ("hardlink", 0, None, Some(target.to_string())),
    };
    Listed {
        path: entry.path.to_string(),
        kind: kind.into(),
        mode: Some(format!("{:04o}", entry.attributes.mode)),
        size,
        mtime: entry.attributes.modified_seconds.unwrap(),
        sha256,
        target,
    }
}

/// What the tree must be: the listing of the others, where a zip without modes has the usual
/// ones, and the smallest name of a file is the file.
fn wanted(listing: &[Listed]) -> Vec<Listed> {
    let mut wanted = listing.to_vec();
    for entry in &mut wanted {
        let usual = if entry.kind == "directory" { "0755" } else { "0644" };
        entry.mode.get_or_insert_with(|| usual.into());
    }
    let files: BTreeMap<_, _> =
        wanted.iter().map(|entry| (entry.path.clone(), entry.clone())).collect();
    let file_of = |entry: &Listed| {
        let mut entry = entry;
        while entry.kind == "hardlink" {
            entry = &files[entry.target.as_ref().unwrap()];
        }
        entry.clone()
    };
    let mut leaders = BTreeMap::new();
    for entry in wanted.iter_mut().filter(|entry| entry.kind == "file" || entry.kind == "hardlink")
    {
        let (path, file) = (entry.path.clone(), file_of(entry));
        let leader = leaders.entry(file.path.clone()).or_insert_with(|| path.clone()).clone();
        let link = leader != path;
        *entry = Listed { path, ..file };
        if link {
            (entry.kind, entry.size) = ("hardlink".into(), 0);
            (entry.sha256, entry.target) = (None, Some(leader));
        }
    }
    wanted
}

/// What is wrong with how a case is read, if anything is.
fn difference(case: &Case) -> Option<String> {
    match (read(case), &case.code, &case.entries) {
        (Err(error), Some(codes), None) if codes.hold(error.code()) => None,
        (Ok(tree), None, Some(listing)) => {
            let (found, wanted) =
                (tree.entries().iter().map(listed).collect::<Vec<_>>(), wanted(listing));
            (found != wanted).then(|| format!("read as {found:#?}\nnot as {wanted:#?}"))
        }
        (Ok(_), Some(codes), _) => Some(format!("taken, not refused as {}", codes.text())),
        (Err(error), Some(codes), _) => {
            Some(format!("refused as {}, not {}: {error}", error.code(), codes.text()))
        }
        (Err(error), None, _) => Some(format!("refused as {}: {error}", error.code())),
        (Ok(_), None, None) => Some("neither refused nor accepted by the corpus".into()),
    }
}

#[test]
fn every_archive_is_refused_or_read_as_the_corpus_says() {
    let cases = cases();
    let tell =
        |case: &Case| Some(format!("{} ({}): {}", case.file, case.stands_for, difference(case)?));
    let differences: Vec<_> = cases.iter().filter_map(tell).collect();
    let refused = cases.iter().filter(|case| case.code.is_some()).count();
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.join("\n"));
    assert!(
        refused >= 60 && cases.len() - refused >= 20,
        "the corpus is not whole: {}",
        cases.len()
    );
}

/// Formats are told by content; what only its end shows to be wrong still has its format.
#[test]
fn every_accepted_archive_is_detected() {
    for case in cases().iter().filter(|case| case.entries.is_some()) {
        let bytes = std::fs::read(corpus().join(&case.file)).unwrap();
        let first = &bytes[..bytes.len().min(512)];
        assert_eq!(Format::detect(first), Some(format_of(&case.file)), "{}", case.file);
    }
}

/// An error tells where it is and ends in what to do, in one line, and repeats no cause.
#[test]
fn every_refusal_says_what_and_where() {
    for case in cases().iter().filter(|case| case.code.is_some()) {
        let Err(error) = read(case) else { continue };
        let text = error.to_string();
        assert!(
            text.contains("byte") || text.contains('`') || text.contains("the archive"),
            "{text}"
        );
        assert!(!text.trim_end().ends_with('.') && text.len() < 500, "{}: {text}", case.file);
        let source = std::error::Error::source(&error).map(ToString::to_string);
        assert!(source.is_none_or(|source| !text.contains(&source)), "{text}");
    }
}

/// The `zip` crate, which shares no code with the reader, finds the same files and bytes.
#[test]
fn an_independent_reader_of_zips_agrees() {
    for case in cases().iter().filter(|case| case.entries.is_some() && case.file.ends_with(".zip"))
    {
        let tree = read(case).unwrap();
        let files = tree.entries().iter().filter_map(|entry| match entry.node {
            Node::File { digest, .. } => Some((entry.path.to_string(), digest)),
            _ => None,
        });
        assert_eq!(files.collect::<BTreeMap<_, _>>(), files_by_zip(case), "{}", case.file);
    }
}

fn files_by_zip(case: &Case) -> BTreeMap<String, Digest> {
    let bytes = std::fs::read(corpus().join(&case.file)).unwrap();
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut files = BTreeMap::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        if !entry.is_file() {
            continue;
        }
        let mut content = Vec::new();
        std::io::Read::read_to_end(&mut entry, &mut content).unwrap();
        let name = entry.name().unwrap().replace("//", "/").trim_start_matches("./").to_owned();
        files.insert(name, Digest::of(content));
    }
    files
}
