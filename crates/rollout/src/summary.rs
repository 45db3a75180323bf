//! What a list of releases shows: read from the metadata of records, without their data.

use landfall_hashing::Digest;
use serde_json::Value;

use crate::{Record, Status};

/// One release in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Its revision.
    pub revision: u64,
    /// What came of it; none where somebody wrote another word.
    pub status: Option<Status>,
    /// Of the image index; none where somebody wrote something else.
    pub digest: Option<Digest>,
    /// The app's version.
    pub version: String,
    /// `Install`, `Upgrade`, `Rollback to 3`.
    pub description: String,
    /// Who asked for it.
    pub who: String,
    /// When it began (RFC 3339, UTC).
    pub started: String,
    /// When it ended.
    pub finished: Option<String>,
}

impl Summary {
    /// Reads the metadata of a record's Secret; none where the name is not that of one.
    ///
    /// A fact that is missing or damaged is left empty: a list shows what there is.
    pub fn from_metadata(app: &str, object: &Value) -> Option<Self> {
        let name = object.pointer("/metadata/name")?.as_str()?;
        let revision = name.strip_prefix(&Record::secret_name(app, ""))?.parse().ok()?;
        let text = |key: &str| Some(object["metadata"]["annotations"][key].as_str()?.to_owned());
        Some(Self {
            revision,
            status: text("landfall/status").as_deref().and_then(Status::from_word),
            digest: text("landfall/digest").and_then(|digest| digest.parse().ok()),
            version: text("landfall/version").unwrap_or_default(),
            description: text("landfall/description").unwrap_or_default(),
            who: text("landfall/who").unwrap_or_default(),
            started: text("landfall/started").unwrap_or_default(),
            finished: text("landfall/finished"),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Summary;

    #[test]
    fn a_name_without_a_number_is_no_record_and_a_damaged_fact_is_left_empty() {
        let named = |name: &str| json!({ "metadata": { "name": name, "annotations": { "landfall/status": "odd" } } });
        assert_eq!(Summary::from_metadata("web", &named("landfall.release.web.v")), None);
        assert_eq!(Summary::from_metadata("web", &named("landfall.release.other.v1")), None);
        let found = Summary::from_metadata("web", &named("landfall.release.web.v12")).unwrap();
        assert_eq!((found.revision, found.status, found.digest), (12, None, None));
    }
}
