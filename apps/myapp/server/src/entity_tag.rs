//! Entity tags (RFC 9110, section 8.8.3), made of what is in a file and nothing else.
//!
//! A tag of modification time and size, as many servers send it, would be wrong here: all files
//! of a reproducible image carry one and the same time, so a changed file of equal length would
//! keep its tag. A tag with the inode in it would differ between two copies of one image.

use std::collections::BTreeMap;
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::sync::{Mutex, PoisonError};

use hyper::header::{HeaderMap, HeaderValue, IF_NONE_MATCH};

/// So many files are remembered; a folder of more is read more often.
const REMEMBERED_FILES: usize = 10_000;
const CHUNK_BYTES: usize = 64 * 1024;

/// The tags of the files that were asked for so far.
#[derive(Default)]
pub(crate) struct EntityTags {
    seen: Mutex<BTreeMap<Place, (Stamp, HeaderValue)>>,
}

/// Device and inode.
type Place = (u64, u64);

/// What changes when a file is written to: size, and the times of content and inode.
type Stamp = (u64, [i64; 4]);

impl EntityTags {
    /// The tag of an open file; its content is read only if the file is new or has changed.
    ///
    /// # Errors
    /// What reading the file gave.
    pub(crate) fn of(&self, file: &File, metadata: &Metadata) -> io::Result<HeaderValue> {
        let place = (metadata.dev(), metadata.ino());
        let times =
            [metadata.mtime(), metadata.mtime_nsec(), metadata.ctime(), metadata.ctime_nsec()];
        let stamp = (metadata.len(), times);
        if let Some(tag) = self.remembered(place, stamp) {
            return Ok(tag);
        }
        let tag = tag_of_content(file)?;
        self.remember(place, stamp, tag.clone());
        Ok(tag)
    }

    fn remembered(&self, place: Place, stamp: Stamp) -> Option<HeaderValue> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get(&place).filter(|(known, _)| *known == stamp).map(|(_, tag)| tag.clone())
    }

    fn remember(&self, place: Place, stamp: Stamp, tag: HeaderValue) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= REMEMBERED_FILES {
            seen.clear();
        }
        seen.insert(place, (stamp, tag));
    }
}

/// Length and 64-bit FNV-1a of the content: a tag tells two versions of a file apart by chance,
/// it need not withstand anyone.
fn tag_of_content(file: &File) -> io::Result<HeaderValue> {
    let mut chunk = vec![0; CHUNK_BYTES];
    let (mut length, mut hash) = (0_u64, 0xcbf2_9ce4_8422_2325_u64);
    loop {
        let count = file.read_at(&mut chunk, length)?;
        if count == 0 {
            return HeaderValue::try_from(format!("\"{length:x}-{hash:016x}\""))
                .map_err(io::Error::other);
        }
        for byte in &chunk[..count] {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        }
        length += count as u64;
    }
}

/// Whether the client says that it has this version already (RFC 9110, section 13.1.2).
pub(crate) fn is_known(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let lines = headers.get_all(IF_NONE_MATCH).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim).any(|known| {
        // Compared weakly, as the RFC asks: a proxy that compresses marks our tags as weak.
        known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_tags_are_found_in_a_list() {
        let tag = HeaderValue::from_static("\"4-ab\"");
        for (line, wanted) in [
            ("\"4-ab\"", true),
            ("W/\"4-ab\"", true),
            ("\"x\", \"4-ab\"", true),
            ("\"x\",W/\"4-ab\" ", true),
            ("*", true),
            ("\"4-a\"", false),
            ("4-ab", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(IF_NONE_MATCH, HeaderValue::from_static(line))]);
            assert_eq!(is_known(&headers, &tag), wanted, "{line}");
        }
        assert!(!is_known(&HeaderMap::new(), &tag));
    }
}
