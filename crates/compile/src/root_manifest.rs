//! The root Cargo.toml of a workspace that has only the packages reached from one.
//!
//! What is left out reaches no binary: other members, shared dependencies that nobody takes,
//! profiles other than `release`, patches of what is not used. So an edit there changes no id.

use std::collections::BTreeSet;

use landfall_tree::EntryPath;
use toml::{Table, Value};

use crate::CompileError;
use crate::manifest::drop_development;
use crate::members::is_below;
use crate::reach::Reach;
use crate::workspace::Workspace;

/// What a root Cargo.toml says of more than its own package.
const SHARED: &[&str] = &["workspace", "profile", "patch", "replace", "cargo-features"];

/// Writes it, in one form whatever the layout of the original is.
pub(crate) fn root_manifest(workspace: &Workspace, reach: &Reach) -> Result<String, CompileError> {
    let original = &workspace.root.table;
    let mut table = original.clone();
    drop_development(&mut table);
    narrow(&mut table, "profile", |name, _| name == "release");
    narrow(&mut table, "patch", |_, source| keep_patches(source, &reach.locked));
    let own = table.entry("workspace").or_insert(Value::Table(Table::new()));
    let Value::Table(own) = own else {
        return Err(workspace.bad_field("workspace", "a table"));
    };
    narrow_workspace(own, workspace, reach)?;
    if !reach.members.contains_key(&EntryPath::root()) {
        own.entry("resolver").or_insert(resolver(original));
        table.retain(|key, _| SHARED.contains(&key));
    }
    Ok(table.to_string())
}

fn narrow_workspace(
    table: &mut Table,
    workspace: &Workspace,
    reach: &Reach,
) -> Result<(), CompileError> {
    narrow(table, "dependencies", |key, _| reach.inherited.contains(key));
    table.retain(|key, _| !matches!(key, "default-members" | "metadata"));
    let excluded = workspace.excluded()?;
    let below = reach.members.keys().filter(|folder| !folder.is_root());
    let (outer, members): (Vec<_>, Vec<_>) = below.partition(|folder| is_below(folder, &excluded));
    table.insert("members".into(), texts(members));
    table.insert("exclude".into(), texts(outer));
    Ok(())
}

/// The resolver that the root's own package would have chosen, where [workspace] names none
/// (Cargo book, "Resolver versions").
fn resolver(root: &Table) -> Value {
    let package = root.get("package");
    let edition = package.and_then(|package| package.get("edition"));
    let shared = || root.get("workspace")?.get("package")?.get("edition")?.as_str();
    let by_edition = match edition.and_then(|edition| edition.as_str().or_else(shared)) {
        None | Some("2015" | "2018") => "1",
        Some("2021") => "2",
        Some(_) => "3",
    };
    let own = package.and_then(|package| package.get("resolver"));
    own.cloned().unwrap_or_else(|| by_edition.into())
}

fn texts(folders: Vec<&EntryPath>) -> Value {
    Value::Array(folders.into_iter().map(|folder| folder.as_str().into()).collect())
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
