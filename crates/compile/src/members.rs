//! Which folders are members of a workspace: the patterns of `members`, less `exclude`.

use std::fs;

use globset::{Glob, GlobMatcher};
use landfall_tree::EntryPath;
use toml::Value;

use crate::CompileError;
use crate::workspace::Workspace;

impl Workspace {
    /// The folders of the members: the root, where it is a package, and what `members` names.
    pub(crate) fn members(&self) -> Result<Vec<EntryPath>, CompileError> {
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

    pub(crate) fn excluded(&self) -> Result<Vec<EntryPath>, CompileError> {
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

    pub(crate) fn bad_field(&self, field: &str, wanted: &'static str) -> CompileError {
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
}

/// Whether a folder is one of those, or below one.
pub(crate) fn is_below(folder: &EntryPath, excluded: &[EntryPath]) -> bool {
    excluded.iter().any(|excluded| folder.below(excluded).is_some())
}

fn join(folder: &EntryPath, name: &str) -> EntryPath {
    folder.join(&name.parse().expect("folders_in gives only names that are paths"))
}
