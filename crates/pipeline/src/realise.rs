//! Turns builds into trees: what the store has is not made again.

use landfall_compile::Confinement;
use landfall_diagnostics::Diagnostic;
use landfall_hashing::Digest;
use landfall_tree::Tree;
use serde::{Deserialize, Serialize};

use crate::derived::{Action, ArchivePlace, Derived, PlannedBuild, UnpackPlan};
use crate::download::fetch;
use crate::locations::Locations;
use crate::unpack::{UnpackError, unpack_archive};
use crate::verified::check_blob;
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
    let unpacked = match archive {
        ArchivePlace::Local { path, stat } => {
            let failed = |error| changed(planned, &error);
            let file = stat.open(path).map_err(failed)?;
            let watched = file.try_clone().map_err(failed)?;
            let tree = unpack_archive(session, file, *format, options, Some(*stat), locations);
            // The tree is remembered under the digest that the archive had when it was hashed.
            stat.check(&watched).map_err(failed)?;
            tree
        }
        ArchivePlace::Download(digest) => {
            fetch(session, app, &derived.downloads[digest])?;
            // And under the digest of the download, which the store's copy must have.
            let place = session.store.blob_path(digest);
            check_blob(&session.store, digest).map_err(Error::file("read", place))?;
            unpack_archive(
                session,
                session.store.open_blob(digest)?,
                *format,
                options,
                None,
                locations,
            )
        }
    };
    unpacked.map_err(|error| match error {
        UnpackError::Archive(error) => archive_problem(planned, &error).into(),
        UnpackError::Scratch(source) => {
            Error::File { action: "write scratch in", path: session.store.folder().into(), source }
        }
    })
}

fn changed(planned: &PlannedBuild, error: &std::io::Error) -> Error {
    Diagnostic::error(
        "files::changed",
        format!("the archive `{}` changed while it was read: {error}", planned.input),
    )
    .at(&planned.span, "this archive")
    .help("build again once nothing writes to it")
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
