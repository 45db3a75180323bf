//! The documents that say what an image consists of.

use bytes::Bytes;
use landfall_hashing::Digest;
use landfall_transport::printable;
use serde::Deserialize;

/// A manifest is at most this long (distribution-spec 1.1, "Pushing Manifests"; ECR has the same).
pub const MANIFEST_LIMIT_BYTES: u64 = 4 << 20;

const INDEXES: [&str; 2] = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
];
const IMAGES: [&str; 2] = [
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
];

/// What we can read, for `Accept`: without it a registry may answer with another form of the image.
pub(crate) const ACCEPTED: &str = "application/vnd.oci.image.index.v1+json, \
    application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, \
    application/vnd.docker.distribution.manifest.v2+json";

/// A blob or manifest with its type and size (image-spec 1.1, descriptor.md).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Descriptor {
    /// What it is.
    #[serde(rename = "mediaType")]
    pub media_type: String,
    /// What it must hash to.
    pub digest: Digest,
    /// How long it must be.
    #[serde(rename = "size")]
    pub size_bytes: u64,
}

/// The bytes of a manifest or index, with what they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// One of the four types that are known here.
    pub media_type: String,
    /// Of the bytes.
    pub digest: Digest,
    /// As they were read; never written anew.
    pub bytes: Bytes,
    /// What they name.
    pub contents: Contents,
}

/// What a manifest names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contents {
    /// The image manifests of an index, in its order.
    Index(Vec<Descriptor>),
    /// The config of an image and its layers, the lowest first.
    Image {
        /// The image config.
        config: Descriptor,
        /// The layers.
        layers: Vec<Descriptor>,
    },
}

/// Why bytes are no manifest.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// It does not parse.
    #[error("it is no JSON of that shape")]
    Json {
        /// The parser's words.
        source: serde_json::Error,
    },
    /// Neither the document nor the registry says what it is.
    #[error("nobody says what it is: it has no `mediaType`, and came without a content type")]
    NoType,
    /// The document and the registry say two things (GHSA-qq97-vm5h-rrhg).
    #[error("it calls itself `{document}`, and the registry calls it `{header}`")]
    TwoTypes {
        /// `mediaType`.
        document: String,
        /// `Content-Type`.
        header: String,
    },
    /// A type that is not read here.
    #[error("it is of the type `{media_type}`, which is neither an image nor an index")]
    UnknownType {
        /// The type.
        media_type: String,
    },
    /// Its contents fit no type, or two (GHSA-5j5w-g665-5m35).
    #[error("its contents do not fit its type `{media_type}`")]
    Ambiguous {
        /// The type.
        media_type: String,
    },
    /// Another generation.
    #[error("its `schemaVersion` is {found}, and only 2 is read")]
    SchemaVersion {
        /// What stands there.
        found: u64,
    },
    /// Longer than any manifest may be.
    #[error("it is longer than {MANIFEST_LIMIT_BYTES} bytes")]
    TooLong,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    schema_version: u64,
    media_type: Option<String>,
    manifests: Option<Vec<Descriptor>>,
    config: Option<Descriptor>,
    layers: Option<Vec<Descriptor>>,
}

impl Manifest {
    /// Reads a manifest or an index; `content_type` is what the registry calls it, where one does.
    ///
    /// # Errors
    /// It is neither, or two readers could understand it in two ways.
    pub fn read(bytes: Bytes, content_type: Option<&str>) -> Result<Self, ManifestError> {
        if bytes.len() as u64 > MANIFEST_LIMIT_BYTES {
            return Err(ManifestError::TooLong);
        }
        let document: Document =
            serde_json::from_slice(&bytes).map_err(|source| ManifestError::Json { source })?;
        let media_type = agreed(document.media_type.as_deref(), content_type)?;
        if document.schema_version != 2 {
            return Err(ManifestError::SchemaVersion { found: document.schema_version });
        }
        let contents = document.contents(&media_type)?;
        Ok(Self { media_type, digest: Digest::of(&bytes), bytes, contents })
    }

    /// Its digest, type and size.
    pub fn descriptor(&self) -> Descriptor {
        let (media_type, digest) = (self.media_type.clone(), self.digest);
        Descriptor { media_type, digest, size_bytes: self.bytes.len() as u64 }
    }
}

/// The one type that everybody gives.
fn agreed(document: Option<&str>, header: Option<&str>) -> Result<String, ManifestError> {
    let header = header.map(|header| header.split(';').next().unwrap_or_default().trim());
    // A server that knows nothing says one of these.
    let vague = ["", "application/json", "application/octet-stream", "text/plain"];
    let header = header.filter(|header| !vague.contains(header));
    match (document, header) {
        (Some(document), Some(header)) if document != header => Err(ManifestError::TwoTypes {
            document: printable(document, 100),
            header: printable(header, 100),
        }),
        (Some(one), _) | (None, Some(one)) => Ok(one.to_owned()),
        (None, None) => Err(ManifestError::NoType),
    }
}

impl Document {
    fn contents(self, media_type: &str) -> Result<Contents, ManifestError> {
        let (index, image) = (INDEXES.contains(&media_type), IMAGES.contains(&media_type));
        if !index && !image {
            return Err(ManifestError::UnknownType { media_type: printable(media_type, 100) });
        }
        match (self.manifests, self.config, self.layers) {
            (Some(manifests), None, None) if index => Ok(Contents::Index(manifests)),
            (None, Some(config), Some(layers)) if image => Ok(Contents::Image { config, layers }),
            _ => Err(ManifestError::Ambiguous { media_type: media_type.into() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_could_be_read_in_two_ways() {
        let [index, image] = [INDEXES[0], IMAGES[0]];
        let part = format!(r#"{{"mediaType":"t","digest":"{}","size":0}}"#, Digest::of(""));
        let with = |media_type: &str, rest: &str| {
            format!(r#"{{"schemaVersion":2,"mediaType":"{media_type}",{rest}}}"#)
        };
        let of_image = format!(r#""config":{part},"layers":[{part}]"#);
        let of_index = format!(r#""manifests":[{part}]"#);
        let rows = [
            (with(index, &of_index), Some(index), ""),
            (with(index, &of_index), None, ""),
            (with(image, &of_image), Some("application/json; charset=utf-8"), ""),
            (format!(r#"{{"schemaVersion":2,{of_image}}}"#), Some(image), ""),
            (format!(r#"{{"schemaVersion":2,{of_image}}}"#), None, "nobody says what it is"),
            (with(index, &of_index), Some(image), "it calls itself"),
            (with(index, &format!("{of_index},{of_image}")), Some(index), "its contents"),
            (with(image, &of_index), None, "its contents"),
            (with(image, r#""layers":[]"#), None, "its contents"),
            (with("text/html", &of_index), None, "it is of the type `text/html`"),
            (with(index, &format!("{of_index},{of_index}")), None, "it is no JSON of that shape"),
            (with(index, &of_index).replace("sha256:", "sha256:../"), None, "it is no JSON"),
            (with(index, &of_index).replace(":2,", ":1,"), None, "its `schemaVersion` is 1"),
            (" ".repeat(MANIFEST_LIMIT_BYTES as usize + 1), None, "it is longer than 4194304"),
        ];
        for (text, header, wanted) in rows {
            let outcome = Manifest::read(text.clone().into(), header);
            let shown = outcome.err().map(|error| error.to_string()).unwrap_or_default();
            assert!(shown.starts_with(wanted) && shown.is_empty() == wanted.is_empty(), "{shown}");
        }
    }
}
