//! The written form of a record: JSON that carries its own name and checksum.
//!
//! ```json
//! {"landfall":"realisation-1","name":"sha256:…","record":{…},"sha256":"sha256:…"}
//! ```
//!
//! The checksum is that of the text of `record` as it stands. Unlike a blob, a record's name says
//! nothing of its content, so without it a flipped bit would be believed.

use landfall_hashing::Digest;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope<'text> {
    landfall: &'text str,
    name: String,
    #[serde(borrow)]
    record: &'text RawValue,
    sha256: Digest,
}

/// Writes a record. Fails where the record has no JSON form.
pub(crate) fn seal<T: Serialize>(
    format: &str,
    name: &str,
    record: &T,
) -> Result<Vec<u8>, serde_json::Error> {
    let record = to_raw_value(record)?;
    let sha256 = Digest::of(record.get());
    let mut bytes = serde_json::to_vec(&Envelope {
        landfall: format,
        name: name.into(),
        record: &record,
        sha256,
    })?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Reads a record; none where it is torn, damaged, another's, or of another format.
pub(crate) fn open<T: DeserializeOwned>(format: &str, name: &str, bytes: &[u8]) -> Option<T> {
    let record = whole(format, name, bytes)?;
    serde_json::from_str(record).ok()
}

/// Whether a record is as it was written, whatever it says.
pub(crate) fn is_whole(format: &str, name: &str, bytes: &[u8]) -> bool {
    whole(format, name, bytes).is_some()
}

fn whole<'text>(format: &str, name: &str, bytes: &'text [u8]) -> Option<&'text str> {
    let envelope: Envelope<'text> = serde_json::from_slice(bytes).ok()?;
    let text = envelope.record.get();
    let same =
        envelope.landfall == format && envelope.name == name && envelope.sha256 == Digest::of(text);
    same.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_flipped_bit_and_no_torn_end_is_believed() {
        let sealed = seal("realisation-1", "é\n", &[1, 2, 3]).unwrap();
        assert_eq!(open("realisation-1", "é\n", &sealed), Some([1, 2, 3]));
        assert_eq!(open::<[u8; 3]>("realisation-1", "other", &sealed), None);
        assert_eq!(open::<[u8; 3]>("realisation-2", "é\n", &sealed), None);
        for length in 0..sealed.len() - 1 {
            assert!(!is_whole("realisation-1", "é\n", &sealed[..length]), "{length}");
        }
        for bit in 0..(sealed.len() - 1) * 8 {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let read: Option<[u8; 3]> = open("realisation-1", "é\n", &flipped);
            assert!(read.is_none() || read == Some([1, 2, 3]), "{bit}");
        }
    }
}
