//! A Cargo workspace: which packages it has, and what their dependencies stand for.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};

use globset::{Glob, GlobMatcher};
use landfall_tree::EntryPath;
use toml::{Table, Value};

use crate::CompileError;
use crate::manifest::{Line, Manifest, drop_development};

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

    fn has_manifest(&self, folder: &EntryPath) -> bool {
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
    fn resolve(&self, base: &EntryPath, path: &str) -> Option<EntryPath> {
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

    /// The folders of the members: the root, where it is a package, and what `members` names.
    fn members(&self) -> Result<Vec<EntryPath>, CompileError> {
        let mut folders = vec![EntryPath::root()];
        for pattern in self.texts("members")? {
            let parts: Vec<_> =
                pattern.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
            self.expand(&EntryPath::root(), &parts, &mut folders)?;
        }
        let excluded = self.excluded()?;
        folders.retain(|folder| folder.is_root() || !is_below(folder, &excluded));
        Ok(folders)
    }

    fn excluded(&self) -> Result<Vec<EntryPath>, CompileError> {
        let excluded = self.texts("exclude")?;
        Ok(excluded.iter().filter_map(|path| self.resolve(&EntryPath::root(), path)).collect())
    }

    /// A list of texts in [workspace].
    fn texts(&self, key: &str) -> Result<Vec<&str>, CompileError> {
        let list = self.root.table.get("workspace").and_then(|workspace| workspace.get(key));
        let list = list.map_or(Some(&[][..]), |list| list.as_array().map(Vec::as_slice));
        let texts = list.and_then(|list| list.iter().map(Value::as_str).collect());
        texts.ok_or_else(|| self.bad_field(&format!("workspace.{key}"), "a list of texts"))
    }

    fn bad_field(&self, field: &str, wanted: &'static str) -> CompileError {
        CompileError::Field { path: self.root.path.clone(), field: field.into(), wanted }
    }

    /// Finds the folders that a pattern such as `crates/*` names and that hold a Cargo.toml.
    fn expand(
        &self,
        folder: &EntryPath,
        parts: &[&str],
        found: &mut Vec<EntryPath>,
    ) -> Result<(), CompileError> {
        let Some((part, rest)) = parts.split_first() else {
            found.extend(self.has_manifest(folder).then(|| folder.clone()));
            return Ok(());
        };
        if !part.contains(['*', '?', '[']) {
            let below = self
                .resolve(folder, part)
                .ok_or_else(|| self.bad_field("workspace.members", "inside the workspace"))?;
            return self.expand(&below, rest, found);
        }
        if *part == "**" {
            self.expand(folder, rest, found)?;
        }
        let (matcher, rest) = (self.matcher(part)?, if *part == "**" { parts } else { rest });
        let matching = self.folders_in(folder)?.into_iter().filter(|name| matcher.is_match(name));
        matching.into_iter().try_for_each(|name| self.expand(&join(folder, &name), rest, found))
    }

    fn matcher(&self, part: &str) -> Result<GlobMatcher, CompileError> {
        let glob = Glob::new(part)
            .map_err(|_| self.bad_field("workspace.members", "a list of patterns"))?;
        Ok(glob.compile_matcher())
    }

    /// The names of the folders in a folder, sorted. A name that is no text is nobody's member.
    fn folders_in(&self, folder: &EntryPath) -> Result<Vec<String>, CompileError> {
        let path = self.folder.join(folder.as_str());
        let Ok(entries) = fs::read_dir(&path) else { return Ok(Vec::new()) };
        let failed = |source| CompileError::Read { path: path.clone(), source };
        let entries = entries.collect::<Result<Vec<_>, _>>().map_err(failed)?;
        let folders = entries
            .into_iter()
            .filter(|entry| entry.path().is_dir() && entry.file_name() != "target");
        let mut names: Vec<_> =
            folders.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.retain(|name| name.parse::<EntryPath>().is_ok());
        names.sort();
        Ok(names)
    }

    /// The root Cargo.toml of a workspace that has only the packages reached from one.
    ///
    /// What is left out reaches no binary: other members, shared dependencies that nobody takes,
    /// profiles other than `release`, patches of what is not used. So an edit there changes no id.
    pub(crate) fn narrowed(&self, reach: &Reach) -> Result<String, CompileError> {
        let mut table = self.root.table.clone();
        let resolver = self.resolver();
        drop_development(&mut table);
        if !reach.members.contains_key(&EntryPath::root()) {
            table.retain(|key, _| {
                matches!(key, "workspace" | "profile" | "patch" | "replace" | "cargo-features")
            });
        }
        narrow(&mut table, "profile", |name, _| name == "release");
        narrow(&mut table, "patch", |_, source| keep_patches(source, &reach.locked));
        let Value::Table(workspace) =
            table.entry("workspace").or_insert(Value::Table(Table::new()))
        else {
            return Err(self.bad_field("workspace", "a table"));
        };
        narrow(workspace, "dependencies", |key, _| reach.inherited.contains(key));
        for key in ["default-members", "exclude", "metadata"] {
            workspace.remove(key);
        }
        let excluded = self.excluded()?;
        let below = reach.members.keys().filter(|folder| !folder.is_root());
        let (outer, members): (Vec<_>, Vec<_>) =
            below.partition(|folder| is_below(folder, &excluded));
        workspace.insert("members".into(), texts(members));
        workspace.insert("exclude".into(), texts(outer));
        workspace.entry("resolver").or_insert(resolver);
        Ok(table.to_string())
    }

    /// The resolver that cargo takes where [workspace] names none (Cargo book, "Resolver versions").
    fn resolver(&self) -> Value {
        let package = self.root.table.get("package");
        let own = package.and_then(|package| package.get("resolver"));
        let edition = package.and_then(|package| package.get("edition"));
        let shared = || self.root.table.get("workspace")?.get("package")?.get("edition")?.as_str();
        let edition = edition.and_then(|edition| edition.as_str().or_else(shared));
        let by_edition = match edition {
            None | Some("2015" | "2018") => "1",
            Some("2021") => "2",
            Some(_) => "3",
        };
        own.cloned().unwrap_or_else(|| by_edition.into())
    }
}

/// What a package reaches: the packages of the workspace, and names.
#[derive(Default)]
pub(crate) struct Reach {
    /// Packages of the workspace by their folder.
    pub members: BTreeMap<EntryPath, Manifest>,
    /// Keys of [workspace.dependencies] that they take.
    pub inherited: BTreeSet<String>,
    /// Names of packages that each of them needs, by its own name.
    pub needs: BTreeMap<String, BTreeSet<String>>,
    /// Names of all packages that are reached in Cargo.lock.
    pub locked: BTreeSet<String>,
}

fn texts(folders: Vec<&EntryPath>) -> Value {
    Value::Array(folders.into_iter().map(|folder| folder.as_str().into()).collect())
}

fn is_below(folder: &EntryPath, excluded: &[EntryPath]) -> bool {
    excluded.iter().any(|excluded| folder.below(excluded).is_some())
}

fn join(folder: &EntryPath, name: &str) -> EntryPath {
    folder.join(&name.parse().expect("folders_in gives only names that are paths"))
}

fn narrow(table: &mut Table, key: &str, mut keep: impl FnMut(&str, &mut Value) -> bool) {
    if let Some(Value::Table(table)) = table.get_mut(key) {
        table.retain(|key, value| keep(key, value));
    }
}

fn keep_patches(source: &mut Value, locked: &BTreeSet<String>) -> bool {
    let Value::Table(source) = source else { return true };
    source.retain(|key, value| {
        locked.contains(value.get("package").and_then(Value::as_str).unwrap_or(key))
    });
    !source.is_empty()
}
