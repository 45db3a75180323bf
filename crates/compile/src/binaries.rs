//! The binaries of a package, found without asking cargo.

use std::collections::BTreeSet;
use std::path::Path;

use toml::Value;

use crate::manifest::Manifest;

/// The names of a package's binaries (Cargo book, "Target auto-discovery"), sorted.
pub(crate) fn binaries(workspace: &Path, manifest: &Manifest) -> Vec<String> {
    let folder = workspace.join(manifest.folder.as_str());
    let listed = manifest.table.get("bin").and_then(Value::as_array);
    let listed: Vec<_> = listed.into_iter().flatten().collect();
    let text = |table: &Value, key: &str| table.get(key).and_then(Value::as_str).map(str::to_owned);
    let claimed: BTreeSet<_> = listed.iter().filter_map(|table| text(table, "path")).collect();
    let mut names: BTreeSet<_> = listed.iter().filter_map(|table| text(table, "name")).collect();
    let automatic =
        manifest.table.get("package").and_then(|package| package.get("autobins")?.as_bool());
    if automatic != Some(false) {
        let found = automatic_binaries(&folder, manifest.package().unwrap_or_default());
        names.extend(
            found.into_iter().filter(|(path, _)| !claimed.contains(path)).map(|(_, name)| name),
        );
    }
    names.into_iter().collect()
}

/// Pairs of a file and the binary that cargo makes of it unasked.
fn automatic_binaries(folder: &Path, package: &str) -> Vec<(String, String)> {
    let main = folder
        .join("src/main.rs")
        .is_file()
        .then(|| ("src/main.rs".to_owned(), package.to_owned()));
    let entries = folder.join("src/bin").read_dir().into_iter().flatten().flatten();
    let others = entries.filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        if let Some(stem) = name.strip_suffix(".rs") {
            return Some((format!("src/bin/{name}"), stem.to_owned()));
        }
        entry.path().join("main.rs").is_file().then(|| (format!("src/bin/{name}/main.rs"), name))
    });
    main.into_iter().chain(others).collect()
}
