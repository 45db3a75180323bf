//! Files of the workspace that are read as files, whatever stands in their place.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// No configuration file of a person is longer.
const LIMIT_BYTES: u64 = 8 << 20;

/// Opens a file, or the file that a link leads to. No pipe is waited for and no device is touched:
/// what is no file is an error.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    check(&path.metadata().map_err(|error| leads_nowhere(path, error))?)?;
    // Whatever took its place meanwhile is not waited for, either.
    let mut options = OpenOptions::new();
    let file = options.read(true).custom_flags(NONBLOCK).open(path)?;
    check(&file.metadata()?)?;
    Ok(file)
}

/// The bytes of a configuration file, which has a reasonable length. Fails like [`open`], and on
/// what is longer than 8 MiB. An absent file has [`io::ErrorKind::NotFound`]; a link to nothing has
/// another kind.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(LIMIT_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LIMIT_BYTES {
        return Err(io::Error::other("it is longer than 8 MiB, which no such file is"));
    }
    Ok(bytes)
}

fn check(metadata: &Metadata) -> io::Result<()> {
    if metadata.is_file() { Ok(()) } else { Err(io::Error::other("it is no file")) }
}

fn leads_nowhere(path: &Path, error: io::Error) -> io::Error {
    match path.symlink_metadata() {
        Ok(_) if error.kind() == io::ErrorKind::NotFound => {
            io::Error::other("it is a link that leads nowhere")
        }
        _ => error,
    }
}

/// `O_NONBLOCK`, which means nothing to a file.
const NONBLOCK: i32 = rustix::fs::OFlags::NONBLOCK.bits() as i32;
