//! What is kept of one release: a Secret of its own in the app's namespace.
//!
//! Facts that lists show stand in annotations (a digest is longer than a label may be); everything
//! needed to bring the release back stands in `data.release`: gzip over canonical JSON. The format
//! is written down in `docs/formats/release-record.md`.

use std::fmt;
use std::io::{Read, Write};

use data_encoding::BASE64;
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use landfall_hashing::{Digest, canonical};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::Release;

/// The format that is written, and the only one that is read.
pub const FORMAT: u64 = 1;
/// `type` of the Secret.
pub const RECORD_TYPE: &str = "landfall/release.v1";
/// What a Secret may hold together, as the API server counts it: before base64.
const LIMIT_BYTES: usize = 1_048_576;
/// What a record may unpack to.
const UNPACKED_LIMIT_BYTES: u64 = 64 << 20;

/// One release of one app in one region.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// [`FORMAT`].
    pub format: u64,
    /// What was released.
    pub release: Release,
    /// Counted from 1 in each region; only grows.
    pub revision: u64,
    /// What came of it.
    pub status: Status,
    /// `Install`, `Upgrade`, `Rollback to 3`.
    pub description: String,
    /// Who asked for it.
    pub who: String,
    /// When it began (RFC 3339, UTC).
    pub started: String,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished: Option<String>,
    /// Of the plan that was carried out.
    pub plan: Digest,
    /// The objects as they were sent, in order.
    pub objects: Vec<Value>,
    /// What was done, one line each, in order.
    pub journal: Vec<String>,
}

/// What came of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Under way, or cut short.
    Pending,
    /// It is what runs.
    Deployed,
    /// It did not become ready, or could not be applied.
    Failed,
    /// A later one runs.
    Superseded,
}

impl Status {
    /// As it stands in records.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Deployed => "deployed",
            Self::Failed => "failed",
            Self::Superseded => "superseded",
        }
    }

    /// What a word of records says; none where it is another.
    pub fn from_word(word: &str) -> Option<Self> {
        let all = [Self::Pending, Self::Deployed, Self::Failed, Self::Superseded];
        all.into_iter().find(|status| status.word() == word)
    }
}

/// A record that cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Larger than a Secret may be.
    #[error(
        "the objects of the release take {size_bytes} bytes packed, and a Secret holds {LIMIT_BYTES}"
    )]
    Large {
        /// Packed.
        size_bytes: usize,
    },
    /// Not what Landfall writes.
    #[error("Secret `{name}` holds no release that can be read: {reason}")]
    Unreadable {
        /// The Secret.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// Written by a newer Landfall.
    #[error("Secret `{name}` holds a release of format {found}, and this Landfall reads {FORMAT}")]
    Newer {
        /// The Secret.
        name: String,
        /// Its format.
        found: u64,
    },
}

impl Record {
    /// `landfall.release.APP.v3`: what the record of a revision is named.
    pub fn secret_name(app: &str, revision: impl fmt::Display) -> String {
        format!("landfall.release.{app}.v{revision}")
    }

    /// The Secret that keeps the record.
    ///
    /// Fails where it would be larger than a Secret may be: before anything is changed.
    pub fn to_secret(&self, namespace: &str) -> Result<Value, RecordError> {
        let packed = gzip(&canonical::to_bytes(self));
        if packed.len() > LIMIT_BYTES {
            return Err(RecordError::Large { size_bytes: packed.len() });
        }
        Ok(json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "type": RECORD_TYPE,
            "metadata": {
                "name": Self::secret_name(&self.release.app, self.revision),
                "namespace": namespace,
                "labels": {
                    "landfall/app": self.release.app,
                    "landfall/kind": "release",
                    "landfall/revision": self.revision.to_string(),
                },
                "annotations": annotations(self),
            },
            "data": { "release": BASE64.encode(&packed) },
        }))
    }

    /// Reads the Secret that keeps a record.
    pub fn from_secret(secret: &Value) -> Result<Self, RecordError> {
        let name = secret.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
        let unreadable = |reason: String| RecordError::Unreadable { name: name.into(), reason };
        let packed = secret.pointer("/data/release").and_then(Value::as_str);
        let packed = packed.ok_or_else(|| unreadable("it has no `data.release`".into()))?;
        let bytes =
            BASE64.decode(packed.as_bytes()).map_err(|error| unreadable(error.to_string()))?;
        let text = gunzip(&bytes).map_err(|error| unreadable(format!("its gzip: {error}")))?;
        let value: Value =
            serde_json::from_slice(&text).map_err(|error| unreadable(error.to_string()))?;
        match value["format"].as_u64() {
            Some(FORMAT) => {
                serde_json::from_value(value).map_err(|error| unreadable(error.to_string()))
            }
            Some(found) => Err(RecordError::Newer { name: name.into(), found }),
            None => Err(unreadable("it names no format".into())),
        }
    }
}

/// The facts that lists show.
fn annotations(record: &Record) -> Value {
    let mut annotations = json!({
        "landfall/description": record.description,
        "landfall/digest": record.release.digest,
        "landfall/plan": record.plan,
        "landfall/started": record.started,
        "landfall/status": record.status.word(),
        "landfall/version": record.release.version,
        "landfall/who": record.who,
    });
    if let Some(finished) = &record.finished {
        annotations["landfall/finished"] = finished.as_str().into();
    }
    annotations
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(bytes).expect("writing into memory does not fail");
    encoder.finish().expect("writing into memory does not fail")
}

fn gunzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut text = Vec::new();
    MultiGzDecoder::new(bytes).take(UNPACKED_LIMIT_BYTES + 1).read_to_end(&mut text)?;
    if text.len() as u64 > UNPACKED_LIMIT_BYTES {
        return Err(std::io::Error::other("it unpacks to more than 64 MiB"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use landfall_hashing::Digest;
    use serde_json::json;

    use super::{FORMAT, Record, RecordError, Status};
    use crate::{Head, Release};

    fn record() -> Record {
        Record {
            format: FORMAT,
            release: Release {
                app: "myapp".into(),
                stage: "dev".into(),
                region: "london".into(),
                digest: Digest::of(b"image"),
                version: "1.0.0".into(),
                tag: "1.0.0-6105d6cc76af".into(),
                ledger_revision: Some(1),
            },
            revision: 3,
            status: Status::Deployed,
            description: "Upgrade".into(),
            who: "somebody".into(),
            started: "2026-01-01T00:00:00Z".into(),
            finished: None,
            plan: Digest::of(b"plan"),
            objects: vec![json!({ "kind": "Service" })],
            journal: vec!["created Service myapp".into()],
        }
    }

    #[test]
    fn a_record_comes_back_from_its_secret() {
        let secret = record().to_secret("myapp").unwrap();
        assert_eq!(secret["metadata"]["name"], "landfall.release.myapp.v3");
        assert_eq!(secret["metadata"]["annotations"]["landfall/status"], "deployed");
        assert_eq!(Record::from_secret(&secret).unwrap(), record());
    }

    #[test]
    fn what_is_damaged_or_newer_is_named() {
        let mut newer = record();
        newer.format = 2;
        let error = Record::from_secret(&newer.to_secret("n").unwrap()).unwrap_err();
        assert!(matches!(error, RecordError::Newer { found: 2, .. }), "{error}");
        let mut secret = record().to_secret("n").unwrap();
        for (data, words) in [("!", "invalid"), ("aGVsbG8=", "gzip")] {
            secret["data"]["release"] = data.into();
            let text = Record::from_secret(&secret).unwrap_err().to_string();
            assert!(text.contains("landfall.release.myapp.v3") && text.contains(words), "{text}");
        }
    }

    #[test]
    fn a_record_larger_than_a_secret_is_refused_before_it_is_sent() {
        let mut large = record();
        let noise = (0..60_000_u64).map(|number| Digest::of(number.to_le_bytes()).to_string());
        large.objects = vec![noise.collect()];
        assert!(matches!(large.to_secret("n"), Err(RecordError::Large { .. })));
    }

    /// The examples of the page that describes the format: record's Secret, record, head.
    fn documented() -> Vec<serde_json::Value> {
        let page = include_str!("../../../docs/formats/release-record.md");
        let blocks = page.split("```json\n").skip(1).filter_map(|rest| rest.split("```").next());
        blocks.map(|block| serde_json::from_str(block).expect("JSON")).collect()
    }

    #[test]
    fn the_page_of_the_format_shows_what_is_written() {
        let [mut secret, written, head] = documented().try_into().unwrap();
        let record: Record = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(serde_json::to_value(&record).unwrap(), written);
        let kept = record.to_secret("myapp").unwrap();
        assert_eq!(Record::from_secret(&kept).unwrap(), record);
        secret["data"] = kept["data"].clone();
        assert_eq!(kept, secret);
        assert_eq!(Head::from_secret("myapp", &head).unwrap().to_secret("myapp"), head);
    }
}
