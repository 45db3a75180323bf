//! What proves that a cluster is the one that was meant.

use std::fmt;
use std::str::FromStr;

use landfall_hashing::Digest;

use crate::Spanned;
use crate::document::Table;
use crate::problems::{Problems, Reason};

/// The grammar of a UID, for the schema.
pub(crate) const UID_PATTERN: &str = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$";

/// A fact of a cluster that no other one has. A cluster that has another is not spoken to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pin {
    /// `ca_sha256`: the SHA-256 of the DER form of its certificate authority, the first certificate
    /// of `certificate-authority-data`.
    CaSha256(Digest),
    /// `kube_system_uid`: the UID of its namespace kube-system.
    KubeSystemUid(String),
}

impl fmt::Display for Pin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CaSha256(digest) => write!(formatter, "ca_sha256 {}", digest.hex()),
            Self::KubeSystemUid(uid) => write!(formatter, "kube_system_uid {uid}"),
        }
    }
}

/// The pin of a table; that it has one and not two was checked before.
pub(crate) fn read(table: &Table, problems: &mut Problems) -> Option<Spanned<Pin>> {
    let ca = table.text("ca_sha256").and_then(|text| problems.parse::<CaSha256>(text));
    let ca = ca.map(|ca| Spanned { value: Pin::CaSha256(ca.value.0), span: ca.span });
    let uid = table.text("kube_system_uid").and_then(|text| problems.parse::<Uid>(text));
    let uid = uid.map(|uid| Spanned { value: Pin::KubeSystemUid(uid.value.0), span: uid.span });
    ca.or(uid)
}

struct CaSha256(Digest);

impl FromStr for CaSha256 {
    type Err = PinError;

    fn from_str(text: &str) -> Result<Self, PinError> {
        Digest::from_hex(text).map(Self).map_err(|_| PinError::CaSha256 { text: text.into() })
    }
}

struct Uid(String);

impl FromStr for Uid {
    type Err = PinError;

    /// The form of RFC 9562, section 4, in lower case as Kubernetes writes it.
    fn from_str(text: &str) -> Result<Self, PinError> {
        let lengths: Vec<_> = text.split('-').map(str::len).collect();
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-');
        let is_uid = lengths == [8, 4, 4, 4, 12] && text.bytes().all(is_digit);
        is_uid.then(|| Self(text.into())).ok_or_else(|| PinError::Uid { text: text.into() })
    }
}

/// A text that pins nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "each variant says in its message what its fields hold")]
pub enum PinError {
    #[error("`{}` is no SHA-256", text.escape_debug())]
    CaSha256 { text: String },
    #[error("`{}` is no UID", text.escape_debug())]
    Uid { text: String },
}

impl Reason for PinError {
    const CODE: &'static str = "environment::cluster-pin";
    const LABEL: &'static str = "pins nothing";

    fn helps(&self) -> Vec<String> {
        let (rule, text) = match self {
            Self::CaSha256 { text } => {
                ("write 64 lower-case hexadecimal characters, without colons", text)
            }
            Self::Uid { text } => (
                "write what `kubectl get namespace kube-system -o jsonpath={.metadata.uid}` prints",
                text,
            ),
        };
        let plain = text.trim().trim_start_matches("sha256:").replace(':', "").to_lowercase();
        let meant = Digest::from_hex(&plain).is_ok() || plain.parse::<Uid>().is_ok();
        let meant = meant.then(|| format!("did you mean `{plain}`?"));
        std::iter::once(rule.to_owned()).chain(meant).collect()
    }
}
