//! Turns builds into trees: what the store has is not made again.

use landfall_compile::Confinement;
use landfall_diagnostics::Diagnostic;
use landfall_hashing::Digest;
use landfall_tree::Tree;
use serde::{Deserialize, Serialize};

use crate::derived::{Action, ArchivePlace, Derived, PlannedBuild, UnpackPlan};
use crate::download::fetch;
use crate::locations::Locations;
use crate::unpack::{Archive, UnpackError, unpack_archive};
use crate::verified::{Otherwise, check_blob};
use crate::{Error, Event, Session, cargo};

/// What a build gave, kept under its id.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Realisation {
    /// Hash of the tree.
    pub(crate) tree: Digest,
    /// Blobs that hold its files, where it is kept in the store.
    pub(crate) blobs: Vec<Digest>,
    /// What was out of reach while it was made; none for what runs nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) confinement: Option<Confinement>,
}

/// The tree of a build, from the store where it has it, else none.
pub(crate) fn known(
    session: &Session<'_>,
    id: &Digest,
) -> Result<Option<(Realisation, Tree)>, Error> {
    let Some(realisation) = session.store.realisation::<Realisation>(id)? else { return Ok(None) };
    let tree = session.store.tree(&realisation.tree)?;
    Ok(tree.map(|tree| (realisation, tree)))
}

/// Makes a build's tree, and knows afterwards where the bytes of its files lie.
pub(crate) fn realise(
    session: &Session<'_>,
    derived: &Derived,
    id: &Digest,
    locations: &Locations<'_>,
) -> Result<(Realisation, Tree), Error> {
    let planned = &derived.builds[id];
    let (tree, blobs, confinement) = match &planned.action {
        Action::Unpack(plan) => {
            (unpack(session, derived, planned, plan, locations)?, Vec::new(), None)
        }
        Action::Cargo(plan) => {
            let compiled =
                cargo::realise(session, derived.app.name.value.as_ref(), &planned.input, plan)?;
            (compiled.tree, vec![compiled.blob], Some(compiled.confinement))
        }
    };
    let realisation = Realisation { tree: session.store.put_tree(&tree)?, blobs, confinement };
    session.store.put_realisation(id, &realisation)?;
    Ok((realisation, tree))
}

fn unpack(
    session: &Session<'_>,
    derived: &Derived,
    planned: &PlannedBuild,
    plan: &UnpackPlan,
    locations: &Locations<'_>,
) -> Result<Tree, Error> {
    let UnpackPlan { archive, format, options } = plan;
    let app = derived.app.name.value.as_ref();
    session.events.event(Event::Unpacking { app, input: &planned.input });
    let (place, unpacked) = match archive {
        ArchivePlace::Local { path, stat, digest } => {
            let file = stat.open(path).map_err(|error| changed(planned, &error))?;
            let (digest, otherwise) = (*digest, Otherwise::Changed);
            let archive = Archive { file, format: *format, digest, otherwise };
            (path.clone(), unpack_archive(session, archive, options, locations))
        }
        ArchivePlace::Download(digest) => {
            fetch(session, app, &derived.downloads[digest])?;
            let place = session.store.blob_path(digest);
            // A damaged archive would be refused in words that blame its maker.
            check_blob(&session.store, digest).map_err(Error::file("read", &place))?;
            let file = session.store.open_blob(digest)?;
            let (digest, otherwise) = (*digest, Otherwise::Damaged);
            let archive = Archive { file, format: *format, digest, otherwise };
            (place, unpack_archive(session, archive, options, locations))
        }
    };
    unpacked.map_err(|error| match error {
        UnpackError::Archive(error) => archive_problem(planned, &error).into(),
        UnpackError::Changed => match archive {
            ArchivePlace::Local { .. } => changed(planned, &Otherwise::Changed.error()),
            ArchivePlace::Download(_) => Error::file("read", place)(Otherwise::Damaged.error()),
        },
        UnpackError::Read(source) => Error::file("read", place)(source),
        UnpackError::Scratch(source) => {
            Error::file("write scratch in", session.store.folder())(source)
        }
    })
}

fn changed(planned: &PlannedBuild, error: &std::io::Error) -> Error {
    Diagnostic::error(
        "files::changed",
        format!("the archive `{}` changed while it was read: {error}", planned.input),
    )
    .at(&planned.span, "this archive")
    .into()
}

fn archive_problem(planned: &PlannedBuild, error: &landfall_archive::ArchiveError) -> Diagnostic {
    Diagnostic::error(
        "archive::refused",
        format!("the archive `{}` cannot be unpacked ({}): {error}", planned.input, error.code()),
    )
    .at(&planned.span, "this archive")
    .help("nothing of it was written; have it packed anew, or leave the entry out with `exclude`")
}
