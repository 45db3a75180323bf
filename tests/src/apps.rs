//! The fixture apps: one text a fixture in `fixtures/apps`, all of them in one workspace.
//!
//! A text is what [`landfall_testkit::Fixture`] reads, and two kinds of lines more: `//# …` says
//! what the fixture is about, and `//+ PATH archive=NAME`, `//+ PATH mixed=BYTES` or `//+ PATH kinds=BYTES` makes a file
//! that no text can hold (an archive of `fixtures/archives/accepted`, or bytes of which some can be
//! compressed and some cannot).

use std::fs;
use std::path::{Path, PathBuf};

use landfall_testkit::Workspace;

/// One fixture.
#[derive(Debug, Clone)]
pub struct FixtureApps {
    /// The file's name without its ending.
    pub name: String,
    /// The workspace as testkit reads it.
    pub text: String,
    /// Files that no text can hold: path and how they are made.
    pub made: Vec<(String, String)>,
}

/// `fixtures` of this package.
pub fn fixtures_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// All fixtures, sorted by name.
///
/// # Panics
/// One cannot be read.
pub fn all() -> Vec<FixtureApps> {
    of_folder("apps")
}

fn of_folder(name: &str) -> Vec<FixtureApps> {
    let entries = fs::read_dir(fixtures_folder().join(name)).expect("the fixtures are there");
    let mut names: Vec<_> = entries.map(|entry| entry.expect("a fixture").path()).collect();
    names.sort();
    names.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> FixtureApps {
    let whole = fs::read_to_string(path).expect("a fixture is UTF-8");
    let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
    let (mut text, mut made) = (String::new(), Vec::new());
    for line in whole.split_inclusive('\n') {
        match line.strip_prefix("//+ ") {
            Some(rest) => {
                let (path, how) = rest.trim().split_once(' ').expect("PATH HOW");
                made.push((path.to_owned(), how.to_owned()));
            }
            None if line.starts_with("//# ") => {}
            None => text.push_str(line),
        }
    }
    FixtureApps { name, text, made }
}

/// Every fixture in one workspace.
///
/// # Panics
/// It cannot be written.
pub fn workspace() -> Workspace {
    workspace_of(&all())
}

/// The one app `x` with a binary that is compiled. Its digest follows the compiler, so it is none
/// of [`all`] and in no golden file.
///
/// # Panics
/// It cannot be written.
pub fn compiled_workspace() -> Workspace {
    workspace_of(&of_folder("compiled"))
}

fn workspace_of(fixtures: &[FixtureApps]) -> Workspace {
    let text: String = fixtures.iter().map(|fixture| fixture.text.as_str()).collect();
    let workspace = Workspace::from_text(&text).expect("the fixtures can be meant");
    for (path, how) in fixtures.iter().flat_map(|fixture| &fixture.made) {
        write_made(&workspace.path(path), how);
    }
    workspace
}

fn write_made(path: &Path, how: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder can be made");
    let (kind, value) = how.split_once('=').expect("KIND=VALUE");
    let bytes = match kind {
        "archive" => fs::read(fixtures_folder().join("archives/accepted").join(value))
            .expect("an archive of the corpus"),
        "mixed" => mixed(value.parse().expect("a length")),
        "kinds" => kinds(value.parse().expect("a length")),
        _ => panic!("`{how}` makes nothing"),
    };
    fs::write(path, bytes).expect("a file can be written");
}

/// Noise, noise without its lowest bytes, noise with many zeros, and text, each of this length: a
/// stretch for every way in which a block of gzip is written.
fn kinds(length: usize) -> Vec<u8> {
    let noise: Vec<u8> = noise().take(length).collect();
    let dense = noise.iter().map(|byte| (*byte).max(5));
    let code = noise.iter().map(|byte| if *byte < 0x60 { 0 } else { *byte });
    let text = (0..length).map(|index| b"the same bits everywhere, "[index % 26]);
    noise.iter().copied().chain(dense).chain(code).chain(text).collect()
}

/// The same bytes at every call, which nothing shrinks.
fn noise() -> impl Iterator<Item = u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    std::iter::from_fn(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        Some(state.to_le_bytes()[0])
    })
}

/// Stretches of text and of noise in turn, the same bytes at every call.
pub fn mixed(length: usize) -> Vec<u8> {
    let stretch = |index: usize| (index / 50_000).is_multiple_of(2);
    noise()
        .take(length)
        .enumerate()
        .map(|(index, byte)| if stretch(index) { b"landfall "[index % 9] } else { byte })
        .collect()
}
