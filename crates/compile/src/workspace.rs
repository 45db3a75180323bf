//! A Cargo workspace: which packages it has, and what their dependencies stand for.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};

use landfall_tree::EntryPath;
use toml::{Table, Value};

use crate::CompileError;
use crate::manifest::{Line, Manifest};

/// The folder of a workspace, or of a package that belongs to none, with its Cargo.toml.
pub(crate) struct Workspace {
    pub folder: PathBuf,
    pub root: Manifest,
}

/// A dependency as a Cargo.toml means it, with what it inherits from the workspace.
pub(crate) struct Dependency {
    /// The package's own name, whatever the code calls it.
    pub package: String,
    /// Where it stands, for one given by `path`.
    pub folder: Option<EntryPath>,
    /// The key in [workspace.dependencies] that it was taken from.
    pub inherited: Option<String>,
}

impl Workspace {
    pub(crate) fn open(folder: &Path) -> Result<Self, CompileError> {
        let root = Manifest::read(folder, &EntryPath::root())?;
        Ok(Self { folder: folder.into(), root })
    }

    /// Finds a package by name: among the members, then among what they reach by `path`, since
    /// cargo takes those as members too.
    pub(crate) fn find(&self, package: &str) -> Result<Manifest, CompileError> {
        let mut waiting: VecDeque<_> = self.members()?.into();
        let (mut seen, mut known) = (BTreeSet::new(), Vec::new());
        while let Some(folder) = waiting.pop_front() {
            if !seen.insert(folder.clone()) {
                continue;
            }
            let manifest = self.manifest(&folder)?;
            if manifest.package() == Some(package) {
                return Ok(manifest);
            }
            known.extend(manifest.package().map(str::to_owned));
            waiting.extend(self.neighbours(&manifest));
        }
        known.sort();
        Err(CompileError::UnknownPackage {
            package: package.into(),
            workspace: self.folder.clone(),
            known,
        })
    }

    pub(crate) fn manifest(&self, folder: &EntryPath) -> Result<Manifest, CompileError> {
        if folder.is_root() {
            return Ok(self.root.clone());
        }
        Manifest::read(&self.folder, folder)
    }

    /// What is reached by `path` from a package, as far as it exists here.
    fn neighbours(&self, manifest: &Manifest) -> Vec<EntryPath> {
        let lines = manifest.dependencies().into_iter().chain(manifest.development());
        let folders = lines.filter_map(|line| self.dependency(manifest, &line).ok()?.folder);
        folders.filter(|folder| self.has_manifest(folder)).collect()
    }

    pub(crate) fn has_manifest(&self, folder: &EntryPath) -> bool {
        self.folder.join(folder.as_str()).join("Cargo.toml").is_file()
    }

    /// What a line of a dependency table stands for.
    ///
    /// Fails where it inherits what the workspace does not have, and where it leads out.
    pub(crate) fn dependency(
        &self,
        of: &Manifest,
        line: &Line<'_>,
    ) -> Result<Dependency, CompileError> {
        let inherits = line.value.get("workspace").and_then(Value::as_bool) == Some(true);
        if !inherits {
            return self.meaning(of, &of.folder, line.key, line.value, None);
        }
        let shared = self.shared().and_then(|shared| shared.get(line.key));
        let Some(shared) = shared else {
            return Err(CompileError::NotInherited {
                path: of.path.clone(),
                dependency: line.key.into(),
            });
        };
        self.meaning(of, &EntryPath::root(), line.key, shared, Some(line.key.into()))
    }

    fn shared(&self) -> Option<&Table> {
        self.root.table.get("workspace")?.get("dependencies")?.as_table()
    }

    fn meaning(
        &self,
        of: &Manifest,
        base: &EntryPath,
        key: &str,
        value: &Value,
        inherited: Option<String>,
    ) -> Result<Dependency, CompileError> {
        let package = value.get("package").and_then(Value::as_str).unwrap_or(key).to_owned();
        let Some(path) = value.get("path").and_then(Value::as_str) else {
            return Ok(Dependency { package, folder: None, inherited });
        };
        let folder = self.resolve(base, path).ok_or_else(|| CompileError::OutsideDependency {
            package: of.package().unwrap_or("the workspace").into(),
            dependency: package.clone(),
            path: path.into(),
            workspace: self.folder.clone(),
        })?;
        Ok(Dependency { package, folder: Some(folder), inherited })
    }

    /// A path as it is written in a Cargo.toml below `base`; none where it leads out.
    pub(crate) fn resolve(&self, base: &EntryPath, path: &str) -> Option<EntryPath> {
        let inside = Path::new(path).strip_prefix(&self.folder).ok().and_then(Path::to_str);
        if path.starts_with('/') && inside.is_none() {
            return None;
        }
        let mut names: Vec<&str> =
            if inside.is_some() { Vec::new() } else { base.components().collect() };
        for name in inside.unwrap_or(path).split('/') {
            match name {
                "" | "." => {}
                ".." => drop(names.pop()?),
                name => names.push(name),
            }
        }
        names.join("/").parse().ok()
    }

    /// The folders of the packages that [patch] puts in the place of others, by package name.
    pub(crate) fn patches(&self) -> Result<BTreeMap<String, EntryPath>, CompileError> {
        let sources = self.root.table.get("patch").and_then(Value::as_table);
        let lines =
            sources.into_iter().flat_map(Table::values).filter_map(Value::as_table).flatten();
        let mut patches = BTreeMap::new();
        for (key, value) in lines {
            let dependency = self.meaning(&self.root, &EntryPath::root(), key, value, None)?;
            patches.extend(dependency.folder.map(|folder| (dependency.package, folder)));
        }
        Ok(patches)
    }
}
