//! A time as files carry it. No clock is read: times come from files and are compared with files.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, UTIME_OMIT};

/// When a file was last modified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment {
    seconds: i64,
    nanoseconds: i64,
}

impl Moment {
    /// A file's modification time.
    pub fn of(metadata: &Metadata) -> Self {
        Self { seconds: metadata.mtime(), nanoseconds: metadata.mtime_nsec() }
    }

    /// A microsecond later: the least step that almost all file systems keep.
    pub fn next(self) -> Self {
        let nanoseconds = self.nanoseconds + 1_000;
        Self {
            seconds: self.seconds + nanoseconds / 1_000_000_000,
            nanoseconds: nanoseconds % 1_000_000_000,
        }
    }

    /// The next even second, which is what the coarsest file systems keep.
    pub fn next_even_second(self) -> Self {
        Self { seconds: (self.seconds / 2 + 1) * 2, nanoseconds: 0 }
    }

    /// Makes this the modification time of an open file.
    pub fn set_on(self, file: &File) -> io::Result<()> {
        Ok(rustix::fs::futimens(file, &self.timestamps())?)
    }

    /// Makes this the modification time of what stands at a path; a link is not followed.
    pub fn set_at(self, path: &Path) -> io::Result<()> {
        Ok(rustix::fs::utimensat(CWD, path, &self.timestamps(), AtFlags::SYMLINK_NOFOLLOW)?)
    }

    fn timestamps(self) -> Timestamps {
        Timestamps {
            last_access: Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
            last_modification: Timespec { tv_sec: self.seconds, tv_nsec: self.nanoseconds },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Moment;

    #[test]
    fn the_next_moment_is_later_also_over_a_second() {
        let moment = Moment { seconds: 7, nanoseconds: 999_999_500 };
        assert_eq!(moment.next(), Moment { seconds: 8, nanoseconds: 500 });
        assert_eq!(moment.next_even_second(), Moment { seconds: 8, nanoseconds: 0 });
        assert_eq!(moment.next().next_even_second(), Moment { seconds: 10, nanoseconds: 0 });
    }
}
