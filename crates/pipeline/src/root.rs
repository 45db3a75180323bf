//! The root of an app: what keeps its last build, and what it remembers.

use landfall_config::Platform;
use landfall_derivation::record::Record;
use landfall_hashing::Digest;
use landfall_store::Root;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::derived::Derived;
use crate::git::{self, Revision};
use crate::made::Made;
use crate::{Error, Session};

/// What a root remembers of the last build.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Remembered {
    pub(crate) current: Record,
    pub(crate) previous: Option<Record>,
    /// Where the sources stood when this was built first.
    pub(crate) revision: Option<Revision>,
}

impl Remembered {
    /// What a root says; none where it is of another format.
    fn of(root: &Root) -> Option<Self> {
        Self::deserialize(&root.record).ok()
    }

    /// This build as the last one. Building the same again forgets nothing.
    fn after(
        before: Option<Self>,
        current: &Record,
        revision: impl FnOnce() -> Option<Revision>,
    ) -> Self {
        match before {
            // What was built from files that were not committed may be committed by now.
            Some(before) if before.current == *current => match &before.revision {
                Some(Revision { dirty: true, .. }) => Self { revision: revision(), ..before },
                _ => before,
            },
            before => {
                let previous = before.map(|before| before.current);
                Self { current: current.clone(), previous, revision: revision() }
            }
        }
    }
}

/// What is remembered of an app of this workspace.
pub(crate) fn remembered(
    session: &Session<'_>,
    root_name: &str,
) -> Result<Option<Remembered>, Error> {
    Ok(session.store.root(root_name)?.as_ref().and_then(Remembered::of))
}

/// Writes the root: from now on gc keeps what this image needs.
pub(crate) fn keep(
    session: &Session<'_>,
    name: &str,
    derived: &Derived,
    made: &Made,
    record: &Record,
    blobs: &[Digest],
) -> Result<(), Error> {
    let before = session.store.root(name)?;
    let remembered = Remembered::after(before.as_ref().and_then(Remembered::of), record, || {
        git::revision(session, &derived.folders())
    });
    let layers = made.platforms.iter().flat_map(|(_, layers)| layers);
    let layer_ids = layers.map(|(layer, _)| layer.derivation.id());
    let tree_blobs =
        made.trees.values().flat_map(|(realisation, _)| realisation.blobs.iter().copied());
    // What only saves time is kept where it is still there; the next build can do without.
    let spare = tree_blobs.chain(derived.downloads.keys().copied());
    let spare = spare.filter(|digest| session.store.blob_size_bytes(digest).is_some());
    let records = derived.remembered.iter().copied();
    let records =
        records.filter(|id| matches!(session.store.realisation::<Value>(id), Ok(Some(_))));
    let root = Root {
        workspace: session.workspace.display().to_string(),
        app: derived.app.name.value.to_string(),
        blobs: blobs.iter().copied().chain(spare).collect(),
        trees: made.trees.values().map(|(realisation, _)| realisation.tree).collect(),
        realisations: made
            .trees
            .keys()
            .copied()
            .chain(layer_ids)
            .chain(record.digest)
            .chain(records)
            .collect(),
        record: json!(remembered),
    };
    if let Some(digest) = record.digest {
        session.store.put_realisation(&digest, record)?;
    }
    if before.as_ref() != Some(&root) {
        session.store.put_root(name, &root)?;
    }
    Ok(())
}

/// The root of an app of this workspace. A build that was narrowed to some platforms has a root of
/// its own, and takes nothing from the whole one.
pub(crate) fn root_name(session: &Session<'_>, app: &str, platforms: &[Platform]) -> String {
    let narrowed =
        platforms.iter().map(|platform| format!("@{}", platform.to_string().replace('/', "-")));
    format!("{}-{app}{}", session.workspace_key(), narrowed.collect::<String>())
}
