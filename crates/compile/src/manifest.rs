//! A Cargo.toml, read as far as it says what a package is made of.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use landfall_tree::EntryPath;
use toml::{Table, Value};

use crate::CompileError;

/// Tables whose dependencies reach a binary. Cargo still reads the second spelling.
const DEPENDENCIES: &[&str] = &["dependencies", "build-dependencies", "build_dependencies"];
/// Tables whose dependencies reach only tests and examples.
const DEVELOPMENT: &[&str] = &["dev-dependencies", "dev_dependencies"];

/// The Cargo.toml of one folder.
#[derive(Debug, Clone)]
pub(crate) struct Manifest {
    /// The package's folder, relative to the workspace.
    pub folder: EntryPath,
    /// The file, for messages.
    pub path: PathBuf,
    /// What it says.
    pub table: Table,
}

/// One line of a dependency table.
pub(crate) struct Line<'a> {
    /// The name that the code uses.
    pub key: &'a str,
    /// A version, or a table.
    pub value: &'a Value,
}

impl Manifest {
    pub(crate) fn read(workspace: &Path, folder: &EntryPath) -> Result<Self, CompileError> {
        let mut place = workspace.to_owned();
        place.extend(folder.components());
        let path = place.join("Cargo.toml");
        let text = fs::read_to_string(&path).map_err(|source| match source.kind() {
            ErrorKind::NotFound => CompileError::NoManifest { folder: place.clone() },
            _ => CompileError::Read { path: path.clone(), source },
        })?;
        let table = parse(&path, &text)?;
        Ok(Self { folder: folder.clone(), path, table })
    }

    /// The name of the package; none in the Cargo.toml of a workspace alone.
    pub(crate) fn package(&self) -> Option<&str> {
        self.table.get("package")?.get("name")?.as_str()
    }

    /// What the binary may need: normal and build dependencies, for every target.
    pub(crate) fn dependencies(&self) -> Vec<Line<'_>> {
        lines(&self.table, DEPENDENCIES)
    }

    /// What only tests and examples need.
    pub(crate) fn development(&self) -> Vec<Line<'_>> {
        lines(&self.table, DEVELOPMENT)
    }
}

/// Reads a text as TOML.
pub(crate) fn parse(path: &Path, text: &str) -> Result<Table, CompileError> {
    let failed = |source| CompileError::Toml { path: path.into(), source: Box::new(source) };
    text.parse().map_err(failed)
}

fn lines<'a>(table: &'a Table, kinds: &[&str]) -> Vec<Line<'a>> {
    let targets = table.get("target").and_then(Value::as_table);
    let targets = targets.into_iter().flat_map(Table::values).filter_map(Value::as_table);
    let tables = std::iter::once(table).chain(targets);
    let tables =
        tables.flat_map(|table| kinds.iter().filter_map(|kind| table.get(*kind)?.as_table()));
    tables.flatten().map(|(key, value)| Line { key, value }).collect()
}

/// Takes out what only tests and examples need, and what features say about it.
///
/// Gives whether anything was taken out. So a test's dependency is no input of a binary: cargo
/// would else want to find it, even to build no test.
pub(crate) fn drop_development(table: &mut Table) -> bool {
    let names = |kinds| lines(table, kinds).iter().map(|line| line.key.to_owned()).collect();
    let kept: BTreeSet<String> = names(DEPENDENCIES);
    let dropped: BTreeSet<String> = names(DEVELOPMENT);
    let gone: BTreeSet<_> = dropped.difference(&kept).cloned().collect();
    remove(table, DEVELOPMENT);
    if let Some(Value::Table(targets)) = table.get_mut("target") {
        targets
            .iter_mut()
            .filter_map(|(_, target)| target.as_table_mut())
            .for_each(|target| remove(target, DEVELOPMENT));
    }
    drop_features(table, &gone);
    !dropped.is_empty()
}

fn remove(table: &mut Table, keys: &[&str]) {
    for key in keys {
        table.remove(*key);
    }
}

/// `dependency/feature` of a dependency that is gone would be an error to cargo.
fn drop_features(table: &mut Table, gone: &BTreeSet<String>) {
    let Some(Value::Table(features)) = table.get_mut("features") else { return };
    for values in features.iter_mut().filter_map(|(_, values)| values.as_array_mut()) {
        values.retain(|value| {
            let named = value.as_str().and_then(|value| value.split_once('/'));
            named.is_none_or(|(name, _)| !gone.contains(name.trim_end_matches('?')))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn development_dependencies_leave_no_trace() {
        let text = "
            [dependencies]
            both = '1'
            [dev-dependencies]
            both = '1'
            gone = '1'
            [target.'cfg(unix)'.dev-dependencies]
            also = '1'
            [features]
            full = ['both/std', 'gone/std', 'also?/std', 'other']
        ";
        let mut table: Table = text.parse().unwrap();
        assert!(drop_development(&mut table));
        let features = table["features"]["full"].as_array().unwrap();
        assert_eq!(features, &["both/std".into(), Value::from("other")]);
        assert!(lines(&table, DEVELOPMENT).is_empty());
        assert!(!drop_development(&mut table));
    }
}
