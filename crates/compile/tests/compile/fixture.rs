//! A Cargo workspace written from one text, and what a front would hand in to compile it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::num::NonZeroUsize;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use landfall_compile::{
    CCompiler, Compile, CompileError, Compiled, Helper, Probe, Settings, Sources, ToolPlaces,
    Toolchain, Walls, compile, discover, probe,
};
use landfall_hashing::Digest;
use landfall_tree::{Attributes, Entry, EntryPath, Node, Tree};
use tempfile::TempDir;

/// A folder that holds the files of a text: each begins with a line `=== path`.
pub struct Fixture {
    folder: TempDir,
    place: PathBuf,
}

impl Fixture {
    pub fn new(text: &str) -> Self {
        Self::at(text, "workspace")
    }

    /// The same in a folder of another name, which may have several components.
    pub fn at(text: &str, name: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let place = folder.path().canonicalize().unwrap().join(name);
        let fixture = Self { folder, place };
        for file in text.split("=== ").skip(1) {
            let (path, content) = file.split_once('\n').unwrap();
            fixture.write(path.trim(), content);
        }
        fixture
    }

    /// A workspace that stands already.
    pub fn of(place: PathBuf) -> Self {
        Self { folder: TempDir::new().unwrap(), place }
    }

    pub fn path(&self) -> &Path {
        &self.place
    }

    /// The folder above, for what a test puts beside the workspace.
    pub fn beside(&self) -> &Path {
        self.folder.path()
    }

    pub fn write(&self, path: &str, content: &str) {
        let path = self.place.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub fn discover(&self, package: &str) -> Result<Sources, CompileError> {
        discover(&self.place, package)
    }
}

/// Hashes the files of sources, as the pipeline does with its stat cache.
pub fn tree(sources: &Sources) -> Tree {
    let entries = sources.files().iter().map(|path| entry(sources.workspace(), path));
    Tree::from_entries(entries.collect()).unwrap()
}

fn entry(workspace: &Path, path: &EntryPath) -> Entry {
    let file = workspace.join(path.as_str());
    if let Ok(target) = fs::read_link(&file) {
        let node = Node::Symlink { target: target.to_str().unwrap().into() };
        return Entry { path: path.clone(), node, attributes: Attributes::with_mode(0o777) };
    }
    let bytes = fs::read(&file).unwrap();
    let node = Node::File { size_bytes: bytes.len() as u64, digest: Digest::of(&bytes) };
    let executable = file.metadata().unwrap().permissions().mode() & 0o111 != 0;
    let mode = if executable { Attributes::EXECUTABLE } else { Attributes::PLAIN };
    Entry { path: path.clone(), node, attributes: Attributes::with_mode(mode) }
}

/// This machine's tools, read as the front reads them.
pub fn places() -> ToolPlaces {
    let variable = |name: &str| std::env::var_os(name);
    let home = PathBuf::from(variable("HOME").unwrap_or_default());
    let folder =
        |name: &str, usual: &str| variable(name).map_or_else(|| home.join(usual), PathBuf::from);
    ToolPlaces {
        path: variable("PATH").unwrap_or_default(),
        cargo_home: folder("CARGO_HOME", ".cargo"),
        rustup_home: folder("RUSTUP_HOME", ".rustup"),
        rustup_toolchain: variable("RUSTUP_TOOLCHAIN"),
    }
}

/// The toolchain that compiles these tests.
pub fn toolchain() -> &'static Toolchain {
    static FOUND: OnceLock<Toolchain> = OnceLock::new();
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    FOUND.get_or_init(|| Toolchain::find(&places(), here, None).unwrap())
}

/// The musl target of this machine's own kind, whose binaries can be run.
pub fn target() -> String {
    format!("{}-unknown-linux-musl", std::env::consts::ARCH)
}

pub fn helper() -> Helper {
    Helper { program: std::env::current_exe().unwrap(), arguments: vec!["confined".into()] }
}

/// What this kernel allows.
pub fn walls() -> Probe {
    let scratch = TempDir::new().unwrap();
    probe(&helper(), scratch.path()).unwrap()
}

/// A compile that can be disturbed.
pub struct Run {
    pub binary: Option<&'static str>,
    pub features: Vec<String>,
    pub default_features: bool,
    pub target: String,
    pub walls: Walls,
    pub cache: PathBuf,
    pub scratch: TempDir,
    pub cargo_home: PathBuf,
    pub environment: BTreeMap<OsString, OsString>,
    pub jobs: Option<NonZeroUsize>,
    pub c_compiler: Option<CCompiler>,
    pub toolchain: Toolchain,
    _own_cache: Option<TempDir>,
}

impl Run {
    /// With an empty cache, and the strongest walls.
    pub fn cold() -> Self {
        let cache = TempDir::new().unwrap();
        let path = cache.path().into();
        Self { _own_cache: Some(cache), ..Self::with_cache(path) }
    }

    /// With a cache that other compiles use, too.
    pub fn with_cache(cache: PathBuf) -> Self {
        Self {
            binary: None,
            features: Vec::new(),
            default_features: true,
            target: target(),
            walls: walls().walls,
            cache,
            scratch: TempDir::new().unwrap(),
            cargo_home: places().cargo_home,
            environment: std::env::vars_os().collect(),
            jobs: None,
            c_compiler: None,
            toolchain: toolchain().clone(),
            _own_cache: None,
        }
    }

    pub fn compile(&self, fixture: &Fixture, package: &str) -> Result<Compiled, CompileError> {
        self.compile_loudly(fixture, package, &|_| {})
    }

    pub fn compile_loudly(
        &self,
        fixture: &Fixture,
        package: &str,
        on_line: &dyn Fn(&str),
    ) -> Result<Compiled, CompileError> {
        let sources = fixture.discover(package)?;
        let settings = Settings {
            binary: sources.binary(self.binary)?,
            features: self.features.clone(),
            default_features: self.default_features,
            target: self.target.clone(),
        };
        compile(&Compile {
            sources: &sources,
            tree: &tree(&sources),
            settings: &settings,
            toolchain: &self.toolchain,
            c_compiler: self.c_compiler.as_ref(),
            scratch: self.scratch.path(),
            cache: &self.cache,
            cargo_home: &self.cargo_home,
            environment: &self.environment,
            helper: &helper(),
            walls: self.walls,
            jobs: self.jobs,
            on_line,
        })
    }

    /// The digest of the binary.
    pub fn digest(&self, fixture: &Fixture, package: &str) -> Digest {
        let compiled = self.compile(fixture, package).unwrap_or_else(|error| panic!("{error}"));
        Digest::of(fs::read(compiled.binary).unwrap())
    }

    /// The text of the error that a compile must give.
    pub fn error(&self, fixture: &Fixture, package: &str) -> CompileError {
        self.compile(fixture, package).expect_err("the compile must fail")
    }
}

/// The entries of this repository's own Cargo.lock, without those of its members: real packages
/// that are fetched already, since these tests were compiled with them.
pub fn fetched_packages() -> String {
    let text =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock")).unwrap();
    let entries = text.split("[[package]]").skip(1).filter(|entry| entry.contains("\nsource = "));
    entries.map(|entry| format!("[[package]]{entry}")).collect()
}
