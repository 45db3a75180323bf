//! Moves an image from one repository to another, in one registry or between two.

use crate::publish::deliver;
use crate::source::Source;
use crate::{Progress, Publication, PublishError, Published, Registry, Repository};

/// Brings the image that `from` holds in `repository` to where `publication` says.
///
/// It is read by digest and proven on the way. Where both are one registry its blobs are mounted,
/// and sent only if that is not granted.
///
/// # Errors
/// As [`crate::publish`]; what cannot be read at the source is a [`PublishError::Registry`] too.
pub async fn copy(
    from: &Registry,
    repository: &Repository,
    to: &Registry,
    publication: &Publication<'_>,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Published, PublishError> {
    let source = Source::Remote { registry: from, repository };
    let mut mount_from = publication.mount_from.to_vec();
    if from.is_same(to) && !mount_from.contains(repository) {
        mount_from.insert(0, repository.clone());
    }
    let publication = Publication { mount_from: &mount_from, ..publication.clone() };
    deliver(to, &publication, source, progress).await
}
