//! Reads an OCI image layout as far as the judges need it, without any code of the product
//! (image-spec 1.1, image-layout.md).

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::RigError;

/// The annotation by which umoci and skopeo find an image in index.json.
const REFERENCE: &str = "org.opencontainers.image.ref.name";

/// The annotation by which containerd names an image that it imports.
const CONTAINERD_NAME: &str = "io.containerd.image.name";

/// The reference under which [`ImageLayout::narrow`] and [`ImageLayout::named`] put the image.
const ONLY: &str = "image";

/// One image of an OCI layout: an index, or the image manifest of one platform.
#[derive(Debug, Clone)]
pub struct ImageLayout {
    folder: PathBuf,
    descriptor: Value,
}

impl ImageLayout {
    /// Opens the layout in `folder`: its image with that reference, or its only one.
    ///
    /// # Errors
    /// There is no layout, or not exactly one such image.
    pub fn open(folder: &Path, reference: Option<&str>) -> Result<Self, RigError> {
        let path = folder.join("index.json");
        let index = read_json(&path)?;
        let named = |descriptor: &&Value| {
            reference.is_none_or(|name| descriptor["annotations"][REFERENCE] == name)
        };
        let images: Vec<&Value> = list(&index, "manifests").iter().filter(named).collect();
        match images[..] {
            [descriptor] => Ok(Self { folder: folder.into(), descriptor: descriptor.clone() }),
            _ => Err(RigError::Layout {
                path,
                problem: format!("{} images with the reference {reference:?}", images.len()),
            }),
        }
    }

    /// The layout's folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The digest of the image: of its index, where it has one.
    #[must_use]
    pub fn digest(&self) -> &str {
        self.descriptor["digest"].as_str().unwrap_or_default()
    }

    /// The descriptor of the image manifest for `platform` (`linux/amd64`).
    ///
    /// # Errors
    /// The index cannot be read or lists no such platform.
    pub fn manifest_descriptor(&self, platform: &str) -> Result<Value, RigError> {
        let document = self.document(self.digest())?;
        if document.get("manifests").is_none() {
            return Ok(self.descriptor.clone());
        }
        let wanted = |descriptor: &&Value| platform_of(&descriptor["platform"]) == platform;
        let found = list(&document, "manifests").iter().find(wanted);
        found.cloned().ok_or_else(|| RigError::Layout {
            path: self.blob_path(self.digest()),
            problem: format!("no image manifest for {platform}"),
        })
    }

    /// The image manifest for `platform`.
    ///
    /// # Errors
    /// It is absent or no JSON.
    pub fn manifest(&self, platform: &str) -> Result<Value, RigError> {
        let descriptor = self.manifest_descriptor(platform)?;
        self.document(descriptor["digest"].as_str().unwrap_or_default())
    }

    /// The config for `platform`.
    ///
    /// # Errors
    /// It is absent or no JSON.
    pub fn config(&self, platform: &str) -> Result<Value, RigError> {
        let manifest = self.manifest(platform)?;
        self.document(manifest["config"]["digest"].as_str().unwrap_or_default())
    }

    /// The command line that the config asks for: entrypoint and command.
    ///
    /// # Errors
    /// The config is absent or no JSON.
    pub fn arguments(&self, platform: &str) -> Result<Vec<String>, RigError> {
        let config = self.config(platform)?;
        let words = ["Entrypoint", "Cmd"].map(|name| list(&config["config"], name).to_vec());
        Ok(words.concat().iter().filter_map(|word| Some(word.as_str()?.to_string())).collect())
    }

    /// Writes to `into` a layout that names the image of one platform and nothing else, because
    /// umoci 0.4 takes no index of several. The blobs are linked, not copied.
    ///
    /// # Errors
    /// The platform is absent, or `into` cannot be written.
    pub fn narrow(&self, platform: &str, into: &Path) -> Result<Self, RigError> {
        let mut descriptor = self.manifest_descriptor(platform)?;
        descriptor["annotations"] = json!({ REFERENCE: ONLY });
        self.view(descriptor, into)
    }

    /// Writes to `into` a layout that names this image alone, by the name that containerd shall
    /// give it. The blobs are linked, not copied.
    ///
    /// # Errors
    /// `into` cannot be written.
    pub fn named(&self, name: &str, into: &Path) -> Result<Self, RigError> {
        let mut descriptor = self.descriptor.clone();
        descriptor["annotations"] = json!({ REFERENCE: ONLY, CONTAINERD_NAME: name });
        self.view(descriptor, into)
    }

    /// `oci:FOLDER:REFERENCE` without the first word, as umoci takes it, of a layout that
    /// [`ImageLayout::narrow`] or [`ImageLayout::named`] wrote.
    #[must_use]
    pub fn view_reference(&self) -> String {
        format!("{}:{ONLY}", self.folder.display())
    }

    fn view(&self, descriptor: Value, into: &Path) -> Result<Self, RigError> {
        let blobs = fs::canonicalize(self.folder.join("blobs"));
        let index = json!({ "schemaVersion": 2, "manifests": [descriptor] }).to_string();
        blobs
            .and_then(|blobs| {
                fs::create_dir_all(into)?;
                symlink(blobs, into.join("blobs"))?;
                fs::write(into.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#)?;
                fs::write(into.join("index.json"), index)
            })
            .map_err(|source| RigError::File { path: into.into(), source })?;
        Ok(Self { folder: into.into(), descriptor })
    }

    fn blob_path(&self, digest: &str) -> PathBuf {
        self.folder.join("blobs").join(digest.replacen(':', "/", 1))
    }

    fn document(&self, digest: &str) -> Result<Value, RigError> {
        read_json(&self.blob_path(digest))
    }
}

fn platform_of(platform: &Value) -> String {
    let words = ["os", "architecture", "variant"].map(|name| platform[name].as_str());
    words.into_iter().flatten().collect::<Vec<_>>().join("/")
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

fn read_json(path: &Path) -> Result<Value, RigError> {
    let bytes = fs::read(path).map_err(|source| RigError::File { path: path.into(), source })?;
    serde_json::from_slice(&bytes).map_err(|source| RigError::Json { path: path.into(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A layout with an index of two platforms; digests are names here, for nobody checks them.
    fn layout(folder: &Path) -> ImageLayout {
        let blobs = folder.join("blobs/sha256");
        fs::create_dir_all(&blobs).unwrap();
        let manifest =
            |name: &str, platform: Value| json!({ "digest": name, "platform": platform });
        let arm = json!({ "os": "linux", "architecture": "arm", "variant": "v7" });
        let amd64 = json!({ "os": "linux", "architecture": "amd64" });
        let documents = [
            (
                "index",
                json!({ "manifests": [manifest("sha256:a", amd64), manifest("sha256:b", arm)] }),
            ),
            ("a", json!({ "config": { "digest": "sha256:c" } })),
            ("c", json!({ "config": { "Entrypoint": ["/run"], "Cmd": ["-v"] } })),
        ];
        for (name, document) in documents {
            fs::write(blobs.join(name), document.to_string()).unwrap();
        }
        let named = json!({ "digest": "sha256:index", "annotations": { REFERENCE: "1" } });
        let other = json!({ "digest": "sha256:a", "annotations": { REFERENCE: "2" } });
        let index = json!({ "manifests": [named, other] });
        fs::write(folder.join("index.json"), index.to_string()).unwrap();
        ImageLayout::open(folder, Some("1")).unwrap()
    }

    #[test]
    fn one_image_is_picked_and_its_platforms_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let image = layout(folder.path());
        assert_eq!(image.digest(), "sha256:index");
        assert_eq!(image.arguments("linux/amd64").unwrap(), ["/run", "-v"]);
        assert_eq!(image.manifest_descriptor("linux/arm/v7").unwrap()["digest"], "sha256:b");
        let absent = image.manifest_descriptor("linux/s390x").unwrap_err().to_string();
        assert!(absent.ends_with("index: no image manifest for linux/s390x"), "{absent}");
        let several = ImageLayout::open(folder.path(), None).unwrap_err().to_string();
        assert!(several.ends_with("index.json: 2 images with the reference None"), "{several}");
    }

    #[test]
    fn a_view_names_one_image_and_shares_the_blobs() {
        let folder = tempfile::tempdir().unwrap();
        let image = layout(folder.path());
        let narrow = image.narrow("linux/amd64", &folder.path().join("narrow")).unwrap();
        let read = ImageLayout::open(narrow.folder(), Some("image")).unwrap();
        assert_eq!(read.digest(), "sha256:a");
        assert_eq!(read.arguments("linux/amd64").unwrap(), ["/run", "-v"]);
        let named = image.named("example.com/x:1", &folder.path().join("named")).unwrap();
        assert_eq!(named.digest(), image.digest());
        let index = read_json(&named.folder().join("index.json")).unwrap();
        assert_eq!(index["manifests"][0]["annotations"][CONTAINERD_NAME], "example.com/x:1");
    }
}
