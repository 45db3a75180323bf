//! What umoci makes of an image: every path with all that a layer can say of it.
//!
//! Owners are real: umoci runs as root, or as what a user namespace calls root, and what it wrote
//! is read by find and sha256sum in the same namespace.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use crate::command::succeed;
use crate::namespaces::as_root;
use crate::scratch::Scratch;
use crate::{ImageLayout, Rig, RigError};

/// Unpacks "$1" into the folder "$2" and writes what is there, each field ended by a zero byte.
const SCRIPT: &str = r#"
umoci unpack --image "$1" "$2/bundle" >&2 && cd "$2/bundle/rootfs" &&
find . -mindepth 1 -printf '%P\0%y\0%m\0%U\0%G\0%T@\0%l\0%i\0' >"$2/entries" &&
find . -type f -exec sha256sum --zero {} + >"$2/sums"
"#;

const FIELDS: usize = 8;

/// One path of an unpacked image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnpackedEntry {
    /// Relative to the root of the image.
    pub path: PathBuf,
    /// What it is.
    pub kind: UnpackedKind,
    /// Permissions with the setuid, setgid and sticky bits.
    pub mode: u32,
    /// The numeric owner.
    pub user: u32,
    /// The numeric group.
    pub group: u32,
    /// When it was modified, in whole seconds since 1970.
    pub modified_seconds: i64,
    /// The rest of that.
    pub modified_nanoseconds: u32,
    /// The first path, in the order of bytes, of the same file, where that is another one.
    pub hard_link_to: Option<PathBuf>,
}

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnpackedKind {
    /// A folder.
    Directory,
    /// A file; the SHA-256 of its bytes in hexadecimal.
    File {
        /// The SHA-256.
        sha256: String,
    },
    /// A symbolic link.
    Symlink {
        /// Its target.
        target: PathBuf,
    },
    /// Anything else, by the letter that find(1) has for it.
    Other(char),
}

impl Rig {
    /// Lets umoci unpack the image of one platform and gives what it wrote, sorted by path.
    ///
    /// # Errors
    /// umoci refuses the image, in its own words.
    pub fn unpack(
        &self,
        image: &ImageLayout,
        platform: &str,
    ) -> Result<Vec<UnpackedEntry>, RigError> {
        let scratch = Scratch::new(&["out"])?;
        let view = image.narrow(platform, &scratch.path("view"))?;
        let mut command = self.program("sh");
        command.args(["-c", SCRIPT, "sh", &view.view_reference()]).arg(scratch.path("out"));
        succeed(&mut as_root(command))?;
        let sums = digests(&scratch.read("out/sums")?)?;
        listing(&scratch.read("out/entries")?, &sums)
    }
}

/// Turns what sha256sum wrote into digests by path.
fn digests(sums: &[u8]) -> Result<BTreeMap<Vec<u8>, String>, RigError> {
    let record = |record: &[u8]| {
        // `HEX  ./PATH`
        let (hex, path) = (record.get(..64)?, record.get(68..)?);
        Some((path.to_vec(), String::from_utf8(hex.to_vec()).ok()?))
    };
    zero_ended(sums)
        .map(|part| record(part).ok_or_else(|| not_understood("sha256sum", part)))
        .collect()
}

/// Turns what find wrote into entries, sorted by path.
fn listing(
    entries: &[u8],
    sums: &BTreeMap<Vec<u8>, String>,
) -> Result<Vec<UnpackedEntry>, RigError> {
    let fields: Vec<&[u8]> = zero_ended(entries).collect();
    let mut records: Vec<&[&[u8]]> = fields.chunks(FIELDS).collect();
    records.sort();
    let mut first_of = BTreeMap::new();
    records
        .into_iter()
        .map(|record| {
            let mut entry = entry(record, sums).ok_or_else(|| not_understood("find", record[0]))?;
            if let UnpackedKind::File { .. } = entry.kind {
                let first =
                    first_of.entry(record[FIELDS - 1]).or_insert_with(|| entry.path.clone());
                entry.hard_link_to = (*first != entry.path).then(|| first.clone());
            }
            Ok(entry)
        })
        .collect()
}

fn entry(record: &[&[u8]], sums: &BTreeMap<Vec<u8>, String>) -> Option<UnpackedEntry> {
    let [path, kind, mode, user, group, modified, target, _inode] = record else { return None };
    let (seconds, fraction) = text(modified)?.split_once('.')?;
    Some(UnpackedEntry {
        path: path_of(path),
        kind: match text(kind)? {
            "d" => UnpackedKind::Directory,
            "f" => UnpackedKind::File { sha256: sums.get(*path)?.clone() },
            "l" => UnpackedKind::Symlink { target: path_of(target) },
            other => UnpackedKind::Other(other.chars().next()?),
        },
        mode: u32::from_str_radix(text(mode)?, 8).ok()?,
        user: text(user)?.parse().ok()?,
        group: text(group)?.parse().ok()?,
        modified_seconds: seconds.parse().ok()?,
        modified_nanoseconds: fraction.get(..9)?.parse().ok()?,
        hard_link_to: None,
    })
}

fn zero_ended(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.strip_suffix(&[0]).map(|bytes| bytes.split(|byte| *byte == 0)).into_iter().flatten()
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

fn path_of(bytes: &[u8]) -> PathBuf {
    OsString::from_vec(bytes.to_vec()).into()
}

fn not_understood(judge: &'static str, part: &[u8]) -> RigError {
    RigError::Answer { judge, answer: String::from_utf8_lossy(part).into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, hard_link_to: Option<&str>) -> UnpackedEntry {
        UnpackedEntry {
            path: path.into(),
            kind: UnpackedKind::File { sha256: "0".repeat(64) },
            mode: 0o4755,
            user: 65532,
            group: 7,
            modified_seconds: 1_700_000_000,
            modified_nanoseconds: 250_000_000,
            hard_link_to: hard_link_to.map(PathBuf::from),
        }
    }

    #[test]
    fn what_find_and_sha256sum_say_becomes_entries() {
        let common = "f\x004755\x0065532\x007\x001700000000.2500000000\x00\x0042\0";
        let link = "l\x00777\x000\x000\x000.0000000000\x00../a\n\x0043\0";
        let entries = format!("b\n\0{common}c\0{link}a\0{common}");
        let zeros = "0".repeat(64);
        let sums = digests(format!("{zeros}  ./a\0{zeros}  ./b\n\0").as_bytes()).unwrap();
        let symlink = UnpackedEntry {
            kind: UnpackedKind::Symlink { target: "../a\n".into() },
            mode: 0o777,
            user: 0,
            group: 0,
            modified_seconds: 0,
            modified_nanoseconds: 0,
            ..file("c", None)
        };
        assert_eq!(
            listing(entries.as_bytes(), &sums).unwrap(),
            [file("a", None), file("b\n", Some("a")), symlink]
        );
        assert_eq!(listing(b"", &sums).unwrap(), []);
        assert!(listing(b"a\0f\0", &sums).is_err());
    }
}
