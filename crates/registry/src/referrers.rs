//! Where signatures and records of an image stand.
//!
//! The seam for them: a registry without the referrers interface keeps an index of them under a
//! tag that is made of the digest (distribution-spec 1.1, "Referrers Tag Schema"), and that tag
//! can be read and written like any other.

use landfall_hashing::Digest;

use crate::Tag;

/// The tag under which the referrers of a manifest are listed.
pub fn fallback_tag(digest: Digest) -> Tag {
    let tag = format!("sha256-{}", digest.hex());
    tag.parse().expect("64 hexadecimal characters and a word are a tag")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_digest_with_a_dash() {
        let digest = Digest::of("");
        assert_eq!(fallback_tag(digest).as_str(), digest.to_string().replace(':', "-"));
    }
}
