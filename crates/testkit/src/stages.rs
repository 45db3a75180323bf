//! How pods fare on the nodes that kwok plays: ready at once, unless a label wants otherwise.

use std::fs;
use std::path::Path;

use crate::RigError;

/// The label of a pod's template whose value is a [`PodFate`].
pub const POD_LABEL: &str = "landfall.test/pod";

/// Stages of our own: what [`POD_LABEL`] asks for.
const OURS: &str = include_str!("stages.yaml");

/// Folders of kwok's module whose stages are played: nodes that stay ready, pods that are ready
/// at once, and its own ways to fail, which ask for labels of their own.
const FOLDERS: [&str; 4] = ["node/fast", "node/heartbeat-with-lease", "pod/fast", "pod/chaos"];

/// How a pod fares that is not simply ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PodFate {
    /// It runs, and its readiness probe never passes.
    NeverReady,
    /// Its image cannot be pulled.
    ImagePull,
    /// Its containers end again and again.
    CrashLoop,
}

impl PodFate {
    /// Every fate.
    pub const ALL: [Self; 3] = [Self::NeverReady, Self::ImagePull, Self::CrashLoop];

    /// The value of [`POD_LABEL`].
    #[must_use]
    pub fn label_value(self) -> &'static str {
        match self {
            Self::NeverReady => "never-ready",
            Self::ImagePull => "image-pull",
            Self::CrashLoop => "crash-loop",
        }
    }
}

/// Every stage in one YAML stream; `module` is the folder of kwok's sources.
pub(crate) fn stages(module: &Path) -> Result<String, RigError> {
    let mut stages = OURS.to_owned();
    for folder in FOLDERS {
        for stage in stages_of(&module.join("kustomize/stage").join(folder))? {
            stages.push_str("---\n");
            stages.push_str(&stage);
        }
    }
    Ok(stages)
}

/// The texts of the stages that stand in `folder`, by name.
fn stages_of(folder: &Path) -> Result<Vec<String>, RigError> {
    let failed = |source| RigError::File { path: folder.into(), source };
    let entries = fs::read_dir(folder).map_err(failed)?.collect::<Result<Vec<_>, _>>();
    let mut paths: Vec<_> = entries.map_err(failed)?.iter().map(fs::DirEntry::path).collect();
    paths.retain(|path| is_stage(path));
    paths.sort();
    let read = |path| fs::read_to_string(&path).map_err(|source| RigError::File { path, source });
    paths.into_iter().map(read).collect()
}

fn is_stage(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml")
        && !path.ends_with("kustomization.yaml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fate_has_its_status() {
        for fate in PodFate::ALL {
            assert!(OURS.contains(&format!("\"{}\"", fate.label_value())), "{fate:?}");
        }
        assert!(OURS.contains(POD_LABEL));
    }

    #[test]
    fn stages_are_read_and_what_only_lists_them_is_not() {
        let module = tempfile::tempdir().unwrap();
        for folder in FOLDERS {
            let folder = module.path().join("kustomize/stage").join(folder);
            fs::create_dir_all(folder.join("testdata")).unwrap();
            fs::write(folder.join("b.yaml"), "b: 1\n").unwrap();
            fs::write(folder.join("a.yaml"), "a: 1\n").unwrap();
            fs::write(folder.join("kustomization.yaml"), "resources: []\n").unwrap();
            fs::write(folder.join("README.md"), "text\n").unwrap();
        }
        let wanted = OURS.to_owned() + &"---\na: 1\n---\nb: 1\n".repeat(FOLDERS.len());
        assert_eq!(stages(module.path()).unwrap(), wanted);
    }
}
