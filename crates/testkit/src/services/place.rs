//! A stage in a region, as the files below `environments/` name them.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::Path;

use crate::RigError;

/// Files of a stage's folder that are no region's.
const NO_REGIONS: [&str; 2] = ["stage", "releases"];

/// `STAGE.REGION`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) stage: String,
    pub(crate) region: String,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.stage, self.region)
    }
}

/// Every place of a workspace, sorted: `environments/STAGE/REGION.toml`.
pub(crate) fn places(workspace: &Path) -> Result<Vec<Place>, RigError> {
    let folder = workspace.join("environments");
    let mut places = BTreeSet::new();
    for stage in names(&folder)? {
        if folder.join(&stage).join("stage.toml").is_file() {
            let files = names(&folder.join(&stage))?.into_iter();
            let regions = files.filter_map(|file| region(&file));
            places.extend(regions.map(|region| Place { stage: stage.clone(), region }));
        }
    }
    if places.is_empty() {
        return Err(RigError::NoEnvironment { path: folder });
    }
    Ok(places.into_iter().collect())
}

/// The regions of places, each once, sorted.
pub(crate) fn regions(places: &[Place]) -> BTreeSet<String> {
    places.iter().map(|place| place.region.clone()).collect()
}

fn region(file: &str) -> Option<String> {
    let name = file.strip_suffix(".toml")?;
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (is_name && !name.is_empty() && !NO_REGIONS.contains(&name)).then(|| name.to_owned())
}

/// What is in a folder; nothing where there is no such folder.
fn names(folder: &Path) -> Result<Vec<String>, RigError> {
    let failed = |source| RigError::File { path: folder.into(), source };
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed)?,
    };
    let entries = entries.collect::<Result<Vec<_>, _>>().map_err(failed)?;
    Ok(entries.into_iter().filter_map(|entry| entry.file_name().into_string().ok()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_of_a_region_in_the_folder_of_a_stage_is_a_place() {
        let workspace = tempfile::tempdir().unwrap();
        let error = places(workspace.path()).unwrap_err();
        assert!(matches!(error, RigError::NoEnvironment { .. }), "{error}");
        for file in [
            "regions.toml",
            "local.toml",
            "prod/stage.toml",
            "prod/seoul.toml",
            "prod/london.toml",
            "prod/releases.toml",
            "prod/london.secrets.yaml",
            "prod/.london.toml",
            "dev/stage.toml",
            "dev/london.toml",
            "notes/london.toml",
        ] {
            whole_file(&workspace.path().join("environments").join(file));
        }
        let found = places(workspace.path()).unwrap();
        let shown: Vec<_> = found.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["dev.london", "prod.london", "prod.seoul"]);
        assert_eq!(regions(&found).into_iter().collect::<Vec<_>>(), ["london", "seoul"]);
    }

    fn whole_file(path: &Path) {
        crate::services::whole::write(path, "").unwrap();
    }
}
