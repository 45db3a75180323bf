//! The one written form of a value that an id is taken of: JSON by RFC 8785.
//!
//! Objects are sorted by key, there is no space between tokens, numbers are integers below 2^53.
//! So a reader can take `sha256sum` of the document that `landfall why --json` or the store shows
//! and get the id. Image documents are written by the same function, so that no map order and no
//! library's habit reaches a digest.

use serde::Serialize;

use crate::Digest;

/// The largest integer that has a canonical form of its own: 2^53 - 1 (RFC 8785, appendix D). A
/// reader of a written form MUST refuse a larger one.
pub const LARGEST_INTEGER: u64 = (1 << 53) - 1;

/// Writes a value in canonical form.
///
/// The types that Landfall hashes hold texts, integers, booleans, lists and maps with text keys,
/// all of which have a canonical form; a type that has none is a bug and panics in the first test.
pub fn to_bytes<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json_canonicalizer::to_vec(value).expect("hashed types hold only what JSON can hold")
}

/// The digest of a value's canonical form.
pub fn digest_of<T: Serialize>(value: &T) -> Digest {
    Digest::of(to_bytes(value))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    #[test]
    fn map_order_does_not_reach_the_bytes() {
        let map: HashMap<_, _> = (0..64).map(|index| (format!("key{index:02}"), index)).collect();
        let text = String::from_utf8(super::to_bytes(&map)).unwrap();
        let keys: Vec<_> = text.split('"').skip(1).step_by(2).collect();
        assert!(keys.is_sorted(), "{text}");
    }
}
