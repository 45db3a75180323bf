//! Tells what changed: against the last build, the build before it, a digest, or a git revision.

use landfall_derivation::changes::{Changes, compare};
use landfall_derivation::record::Record;
use landfall_hashing::Digest;

use crate::build::{BuildRequest, Prepared, derive_only};
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
        Against::Revision(revision) => at_revision(session, name, request, revision),
    }
}

fn last(session: &Session<'_>, name: &str, request: &BuildRequest) -> Result<Remembered, Error> {
    let root = root_name(session, name, &request.platforms);
    remembered(session, &root)?.ok_or_else(|| Error::NeverBuilt { app: name.into() })
}

/// Derives an app as it was at a revision, in a folder aside.
pub fn at_revision(
    session: &Session<'_>,
    name: &str,
    request: &BuildRequest,
    revision: &str,
) -> Result<Record, Error> {
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
    let loaded = load_from(&folder, session, name, &request.overrides)?;
    let lock = lock::read_or_new(&loaded)?;
    derive_record(session, &folder, &loaded, &lock, &request.platforms)
}

/// The apps of which anything that enters the image differs from a revision; an app that the
/// revision has not, or that could not be read there, counts as changed.
pub fn changed_since<'a>(
    session: &Session<'_>,
    apps: Vec<Prepared<'a>>,
    request: &BuildRequest,
    revision: &str,
) -> Result<Vec<Prepared<'a>>, Error> {
    let mut changed = Vec::new();
    for app in apps {
        let differs = match at_revision(session, app.name(), request, revision) {
            Ok(old) => old.inputs != app.derived.inputs,
            Err(Error::Problems(problems))
                if problems.iter().any(|problem| problem.code == "git::unknown-revision") =>
            {
                return Err(Error::Problems(problems));
            }
            Err(Error::Problems(_)) => true,
            Err(error) => return Err(error),
        };
        if differs {
            changed.push(app);
        }
    }
    Ok(changed)
}
