//! Judges documents by the image specification's own JSON schemas, which refer to each other by
//! addresses on the web; here every address is the file of that name in the pinned module.

use std::error::Error;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use jsonschema::{Draft, Retrieve, Uri, Validator};
use serde_json::Value;

use crate::{Rig, RigError};

/// The schema of each media type (image-spec 1.1, schema/schema.go).
const SCHEMAS: [(&str, &str); 5] = [
    ("application/vnd.oci.descriptor.v1+json", "content-descriptor.json"),
    ("application/vnd.oci.image.config.v1+json", "config-schema.json"),
    ("application/vnd.oci.image.index.v1+json", "image-index-schema.json"),
    ("application/vnd.oci.image.manifest.v1+json", "image-manifest-schema.json"),
    ("application/vnd.oci.layout.header.v1+json", "image-layout-schema.json"),
];

/// The schemas, ready to judge.
#[derive(Debug)]
pub struct ImageSchemas {
    validators: Vec<(&'static str, Validator)>,
}

/// Why a document was refused: every reason with its place, one per line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaProblem(pub String);

impl fmt::Display for SchemaProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Error for SchemaProblem {}

impl ImageSchemas {
    /// Reads the schemas at the version that the rig pins.
    ///
    /// # Errors
    /// They cannot be downloaded or read.
    pub fn open(rig: &Rig) -> Result<Self, RigError> {
        Self::read(&rig.schema_folder()?)
    }

    fn read(folder: &Path) -> Result<Self, RigError> {
        let validators =
            SCHEMAS.map(|(media_type, file)| Ok((media_type, validator(folder, file)?)));
        Ok(Self { validators: validators.into_iter().collect::<Result<_, RigError>>()? })
    }

    /// Judges the bytes of a document as one of `media_type`.
    ///
    /// # Errors
    /// All that the schema says against it; also where it is no JSON, or where there is no schema
    /// for that media type.
    pub fn validate(&self, document: &[u8], media_type: &str) -> Result<(), SchemaProblem> {
        let found = self.validators.iter().find(|(name, _)| *name == media_type);
        let (_, validator) =
            found.ok_or_else(|| SchemaProblem(format!("there is no schema for {media_type}")))?;
        let document: Value =
            serde_json::from_slice(document).map_err(|error| SchemaProblem(error.to_string()))?;
        let problems: Vec<String> = validator
            .iter_errors(&document)
            .map(|problem| format!("{}: {problem}", problem.instance_path()))
            .collect();
        if problems.is_empty() { Ok(()) } else { Err(SchemaProblem(problems.join("\n"))) }
    }
}

fn validator(folder: &Path, file: &str) -> Result<Validator, RigError> {
    let path = folder.join(file);
    let schema = read_json(&path)?;
    jsonschema::options()
        .with_draft(Draft::Draft4)
        .should_validate_formats(true)
        .with_retriever(SchemaFolder { folder: folder.into() })
        .build(&schema)
        .map_err(|error| RigError::Layout { problem: error.to_string(), path })
}

fn read_json(path: &Path) -> Result<Value, RigError> {
    let bytes = fs::read(path).map_err(|source| RigError::File { path: path.into(), source })?;
    serde_json::from_slice(&bytes).map_err(|source| RigError::Json { path: path.into(), source })
}

/// Answers for every address with the file of its last word, so that nothing leaves the machine.
struct SchemaFolder {
    folder: PathBuf,
}

impl Retrieve for SchemaFolder {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Value, Box<dyn Error + Send + Sync>> {
        let file = uri.path().as_str().rsplit('/').next().unwrap_or_default();
        Ok(read_json(&self.folder.join(file))?)
    }
}
