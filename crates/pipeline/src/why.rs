//! Tells what changed: against the last build, the build before it, a digest, or a git revision.

use std::path::PathBuf;

use landfall_derivation::changes::{Changes, compare};
use landfall_derivation::record::Record;
use landfall_hashing::Digest;
use landfall_store::ScratchFolder;

use crate::build::{BuildRequest, Prepared, derive_only};
use crate::local::{LocalFiles, local_files};
use crate::record::derive_record;
use crate::root::{Remembered, remembered, root_name};
use crate::workspace::load_from;
use crate::{Error, Session, git, lock};

/// What to compare with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Against {
    /// What was built last.
    LastBuild,
    /// What was built before what was built last.
    PreviousBuild,
    /// A build in this store, by its digest.
    Digest(Digest),
    /// What the workspace was at a git revision.
    Revision(String),
}

/// Turns the state of an app now and then into what differs.
pub fn why(
    session: &Session<'_>,
    name: &str,
    request: &BuildRequest,
    against: &Against,
) -> Result<Changes, Error> {
    let new = derive_only(session, name, request)?;
    let old = old_record(session, name, request, against)?;
    Ok(compare(&old, &new))
}

fn old_record(
    session: &Session<'_>,
    name: &str,
    request: &BuildRequest,
    against: &Against,
) -> Result<Record, Error> {
    match against {
        Against::LastBuild => Ok(last(session, name, request)?.current),
        Against::PreviousBuild => last(session, name, request)?
            .previous
            .ok_or_else(|| Error::NoPreviousBuild { app: name.into() }),
        Against::Digest(digest) => {
            session.store.realisation(digest)?.ok_or(Error::UnknownDigest { digest: *digest })
        }
        Against::Revision(revision) => {
            Checkout::new(session, revision)?.record(session, name, request)
        }
    }
}

fn last(session: &Session<'_>, name: &str, request: &BuildRequest) -> Result<Remembered, Error> {
    let root = root_name(session, name, &request.platforms);
    remembered(session, &root)?.ok_or_else(|| Error::NeverBuilt { app: name.into() })
}

/// A workspace as it was at a revision, in a folder aside.
struct Checkout<'a> {
    folder: PathBuf,
    /// Never saved: the folder goes with this value, and no later run reads its files again.
    files: LocalFiles<'a>,
    _scratch: ScratchFolder,
}

impl<'a> Checkout<'a> {
    fn new(session: &'a Session<'_>, revision: &str) -> Result<Self, Error> {
        let commit = git::commit(session, revision)?.ok_or_else(|| {
            landfall_diagnostics::Diagnostic::error(
                "git::unknown-revision",
                format!("git knows no revision `{revision}`"),
            )
            .help("a digest begins with `sha256:`; `previous` is the build before the last")
        })?;
        let scratch = session.store.scratch_folder()?;
        let folder = scratch.path().join("workspace");
        std::fs::create_dir(&folder).map_err(Error::file("make", &folder))?;
        git::checkout(session, &commit, &folder)?;
        Ok(Self { folder, files: local_files(session)?, _scratch: scratch })
    }

    /// What an app would have been made of.
    fn record(
        &self,
        session: &Session<'_>,
        name: &str,
        request: &BuildRequest,
    ) -> Result<Record, Error> {
        let loaded = load_from(&self.folder, session, name, &request.overrides)?;
        let lock = lock::read_or_new(&loaded)?;
        derive_record(session, &self.folder, &loaded, &lock, &request.platforms, &self.files)
    }
}

/// The apps of which anything that enters the image differs from a revision; an app that the
/// revision has not, or that could not be read there, counts as changed.
pub fn changed_since<'a>(
    session: &Session<'_>,
    apps: Vec<Prepared<'a>>,
    request: &BuildRequest,
    revision: &str,
) -> Result<Vec<Prepared<'a>>, Error> {
    let then = Checkout::new(session, revision)?;
    let mut changed = Vec::new();
    for app in apps {
        let differs = match then.record(session, app.name(), request) {
            Ok(old) => old.inputs != app.derived.inputs,
            Err(Error::Problems(_)) => true,
            Err(error) => return Err(error),
        };
        if differs {
            changed.push(app);
        }
    }
    Ok(changed)
}
