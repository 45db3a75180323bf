//! Cargo.lock, and the part of it that one package reaches.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::CompileError;
use crate::manifest::parse;

/// A Cargo.lock of version 3 or 4 (Cargo book, "Cargo.lock"; the versions differ in how the
/// address of a git repository is escaped, which is not looked at here).
#[derive(Debug, Clone)]
pub(crate) struct Lockfile {
    path: PathBuf,
    version: i64,
    packages: Vec<Package>,
}

/// One `[[package]]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Package {
    pub name: String,
    version: String,
    /// None for a package of the workspace.
    pub source: Option<String>,
    checksum: Option<String>,
    /// `name`, `name version` or `name version (source)`, as short as is unambiguous.
    dependencies: Vec<String>,
}

impl Lockfile {
    /// Reads the lock of a workspace.
    pub(crate) fn read(path: PathBuf) -> Result<Self, CompileError> {
        let text = fs::read_to_string(&path).map_err(|source| match source.kind() {
            ErrorKind::NotFound => CompileError::NoLock { path: path.clone() },
            _ => CompileError::Read { path: path.clone(), source },
        })?;
        let table = parse(&path, &text)?;
        let version = table.get("version").and_then(Value::as_integer).unwrap_or(2);
        if !(3..=4).contains(&version) {
            return Err(CompileError::LockVersion { path, version });
        }
        let packages =
            table.get("package").map_or(Some(&[][..]), |list| list.as_array().map(Vec::as_slice));
        let packages = packages.and_then(|list| list.iter().map(Package::read).collect());
        let field = || CompileError::Field {
            path: path.clone(),
            field: "package".into(),
            wanted: "as cargo writes it",
        };
        Ok(Self { version, packages: packages.ok_or_else(field)?, path })
    }

    /// The packages that one package of the workspace reaches, for every target and feature.
    ///
    /// `needs` has the names that each package of the workspace needs to compile, because its
    /// entry lists what its tests need, too.
    pub(crate) fn reach(
        &self,
        package: &str,
        needs: &BTreeMap<String, BTreeSet<String>>,
    ) -> Result<Self, CompileError> {
        let starts =
            |(_, found): &(usize, &Package)| found.name == package && found.source.is_none();
        let start = self.packages.iter().enumerate().find(starts);
        let mut waiting = vec![start.ok_or_else(|| self.stale(package))?.0];
        let mut reached = BTreeSet::new();
        while let Some(index) = waiting.pop() {
            if reached.insert(index) {
                waiting.extend(self.next(&self.packages[index], needs)?);
            }
        }
        let packages = reached.iter().map(|index| self.spelled_out(&self.packages[*index], needs));
        let mut packages = packages.collect::<Result<Vec<_>, _>>()?;
        packages.sort();
        Ok(Self { path: self.path.clone(), version: self.version, packages })
    }

    fn next(
        &self,
        package: &Package,
        needs: &BTreeMap<String, BTreeSet<String>>,
    ) -> Result<Vec<usize>, CompileError> {
        let needed = package.source.is_none().then(|| needs.get(&package.name)).flatten();
        let is_needed = |reference: &&String| {
            needed.is_none_or(|needed| {
                needed.contains(reference.split(' ').next().unwrap_or_default())
            })
        };
        let references = package.dependencies.iter().filter(is_needed);
        references.map(|reference| self.index_of(reference)).collect()
    }

    fn index_of(&self, reference: &str) -> Result<usize, CompileError> {
        let mut parts = reference.splitn(3, ' ');
        let (name, version, source) = (parts.next(), parts.next(), parts.next());
        let source = source.map(|source| source.trim_matches(['(', ')']));
        let matches = |package: &Package| {
            Some(package.name.as_str()) == name
                && version.is_none_or(|version| package.version == version)
                && source.is_none_or(|source| package.source.as_deref() == Some(source))
        };
        self.packages.iter().position(matches).ok_or_else(|| self.stale(reference))
    }

    /// The same package with every reference in full: how short cargo writes one depends on what
    /// else is in the lock, which is nobody's business here.
    fn spelled_out(
        &self,
        package: &Package,
        needs: &BTreeMap<String, BTreeSet<String>>,
    ) -> Result<Package, CompileError> {
        let references =
            self.next(package, needs)?.into_iter().map(|index| self.packages[index].reference());
        let mut dependencies: Vec<_> = references.collect();
        dependencies.sort();
        Ok(Package { dependencies, ..package.clone() })
    }

    fn stale(&self, package: &str) -> CompileError {
        CompileError::LockStale { path: self.path.clone(), package: package.into() }
    }

    /// The packages.
    pub(crate) fn packages(&self) -> &[Package] {
        &self.packages
    }

    /// Whether a package comes from elsewhere than the workspace.
    pub(crate) fn has_fetched(&self) -> bool {
        self.packages.iter().any(|package| package.source.is_some())
    }

    /// What fixes the content of packages whose version does not: the revisions of git sources.
    pub(crate) fn git_sources(&self) -> BTreeSet<&str> {
        let sources = self.packages.iter().filter_map(|package| package.source.as_deref());
        sources.filter(|source| source.starts_with("git+")).collect()
    }

    /// Checks that `other`, which cargo made of this lock, only left packages out.
    pub(crate) fn check_narrowed(&self, other: &Self) -> Result<(), CompileError> {
        let ours = |package: &&Package| self.packages.iter().any(|known| known.is_same(package));
        match other.packages.iter().find(|package| !ours(package)) {
            None => Ok(()),
            Some(new) => Err(self.stale(&new.reference())),
        }
    }

    /// The text that cargo reads.
    pub(crate) fn to_text(&self) -> String {
        let packages = self.packages.iter().map(|package| Value::Table(package.to_table()));
        let mut table = Table::new();
        table.insert("version".into(), self.version.into());
        table.insert("package".into(), Value::Array(packages.collect()));
        table.to_string()
    }
}

impl Package {
    fn read(value: &Value) -> Option<Self> {
        let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let dependencies = value
            .get("dependencies")
            .map_or(Some(&[][..]), |list| list.as_array().map(Vec::as_slice));
        let dependencies =
            dependencies?.iter().map(|reference| reference.as_str().map(str::to_owned));
        Some(Self {
            name: text("name")?,
            version: text("version")?,
            source: text("source"),
            checksum: text("checksum"),
            dependencies: dependencies.collect::<Option<_>>()?,
        })
    }

    fn is_same(&self, other: &Self) -> bool {
        (&self.name, &self.version, &self.source, &self.checksum)
            == (&other.name, &other.version, &other.source, &other.checksum)
    }

    fn reference(&self) -> String {
        match &self.source {
            None => format!("{} {}", self.name, self.version),
            Some(source) => format!("{} {} ({source})", self.name, self.version),
        }
    }

    fn to_table(&self) -> Table {
        let mut table = Table::new();
        let texts = [
            ("name", Some(&self.name)),
            ("version", Some(&self.version)),
            ("source", self.source.as_ref()),
            ("checksum", self.checksum.as_ref()),
        ];
        table.extend(
            texts
                .into_iter()
                .filter_map(|(key, text)| Some((key.to_owned(), text?.as_str().into()))),
        );
        if !self.dependencies.is_empty() {
            let references = self.dependencies.iter().map(|reference| reference.as_str().into());
            table.insert("dependencies".into(), Value::Array(references.collect()));
        }
        table
    }
}

/// The lock of a folder, where cargo looks for it.
pub(crate) fn path_in(folder: &Path) -> PathBuf {
    folder.join("Cargo.lock")
}
