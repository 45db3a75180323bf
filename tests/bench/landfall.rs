//! The measured product: a workspace made for a row, and the command that builds in it.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use landfall_hashing::Digest;
use serde_json::Value;

use crate::error::BenchError;
use crate::surroundings::Surroundings;

/// As the report calls it.
pub const NAME: &str = "landfall";

/// A workspace in the work folder.
pub struct Workspace {
    folder: PathBuf,
}

impl Workspace {
    /// An empty workspace.
    pub fn new(around: &Surroundings, name: &str) -> Result<Self, BenchError> {
        let folder = around.fresh(name)?;
        fs::create_dir_all(folder.join("apps")).map_err(BenchError::at(&folder))?;
        Ok(Self { folder })
    }

    /// The place of a path that is relative to the workspace; its parent is there.
    pub fn place(&self, path: &str) -> Result<PathBuf, BenchError> {
        let path = self.folder.join(path);
        let parent = path.parent().unwrap_or(&path);
        fs::create_dir_all(parent).map_err(BenchError::at(parent))?;
        Ok(path)
    }

    /// Writes a file.
    pub fn write(&self, path: &str, contents: impl AsRef<[u8]>) -> Result<(), BenchError> {
        let path = self.place(path)?;
        fs::write(&path, contents).map_err(BenchError::at(&path))
    }

    /// Writes the app.toml of an app for one platform; `rest` follows its table `[app]`.
    pub fn write_app(&self, name: &str, rest: &str) -> Result<(), BenchError> {
        let app = format!("[app]\nname = \"{name}\"\nversion = \"1.0.0\"\n");
        let text = format!("{app}platforms = [\"linux/amd64\"]\n\n{rest}");
        self.write(&format!("apps/{name}/app.toml"), text)
    }

    /// Puts a large file there without copying it where a link can be made.
    pub fn link(&self, original: &Path, path: &str) -> Result<(), BenchError> {
        let path = self.place(path)?;
        let linked = fs::hard_link(original, &path);
        let stands = linked.or_else(|_| fs::copy(original, &path).map(|_| ()));
        stands.map_err(BenchError::at(&path))
    }

    /// `landfall build WORDS… --json --quiet`, with a store.
    pub fn build(&self, around: &Surroundings, store: &Path, words: &[&str]) -> Command {
        let mut command = around.program(&around.landfall);
        command.arg("build").args(words).args(["--json", "--quiet", "--store"]).arg(store);
        command.arg("--workspace").arg(&self.folder).current_dir(&self.folder);
        command
    }
}

/// The layers that `build --json` says were written, and all of them.
#[derive(Debug, PartialEq, Eq)]
pub struct Layers {
    /// The digest of every layer's blob.
    pub blobs: Vec<Digest>,
    /// The names of those that were written.
    pub written: Vec<String>,
}

impl Layers {
    /// Reads what `build --json` printed for one app of one platform.
    pub fn read(output: &str) -> Result<Self, BenchError> {
        let answer: Value = serde_json::from_str(output)
            .map_err(|error| BenchError::wrong(NAME, format!("{error} in its JSON: {output}")))?;
        let layers = answer["apps"][0]["platforms"][0]["layers"].as_array();
        let layers = layers.ok_or_else(|| BenchError::wrong(NAME, "its JSON names no layers"))?;
        let written = layers.iter().filter(|layer| layer["written"] == true);
        let name = |layer: &Value| layer["name"].as_str().unwrap_or_default().to_owned();
        let blob =
            |layer: &Value| layer["blob"]["digest"].as_str().and_then(|text| text.parse().ok());
        Ok(Self {
            blobs: layers.iter().filter_map(blob).collect(),
            written: written.map(name).collect(),
        })
    }

    /// Where the first layer's blob stands in a store.
    pub fn first_blob(&self, store: &Path) -> Result<PathBuf, BenchError> {
        let blob =
            self.blobs.first().ok_or_else(|| BenchError::wrong(NAME, "its JSON names no blob"))?;
        let hex = blob.hex();
        Ok(store.join("blobs/sha256").join(&hex[..2]).join(&hex))
    }
}

/// The length of a file.
pub fn size_bytes(path: &Path) -> Result<u64, BenchError> {
    path.metadata().map(|metadata| metadata.len()).map_err(BenchError::at(path))
}

/// The lengths of all files below a folder, each counted once however many names it has; what
/// goes away meanwhile counts as nothing.
pub fn folder_bytes(folder: &Path) -> u64 {
    let mut sizes = BTreeMap::new();
    let mut waiting = vec![folder.to_path_buf()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(metadata) if metadata.is_dir() => waiting.push(entry.path()),
                Ok(metadata) => drop(sizes.insert(metadata.ino(), metadata.len())),
                Err(_) => (),
            }
        }
    }
    sizes.values().sum()
}

/// The largest file below a folder: of an image of one layer, that layer.
pub fn largest_file(folder: &Path) -> io::Result<PathBuf> {
    let mut largest = (0, PathBuf::new());
    let mut waiting = vec![folder.to_path_buf()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let metadata = entry.metadata()?;
            if metadata.is_dir() {
                waiting.push(entry.path());
            } else {
                largest = largest.max((metadata.len(), entry.path()));
            }
        }
    }
    Ok(largest.1)
}
