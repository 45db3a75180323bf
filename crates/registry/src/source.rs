//! Where the parts of an image come from: whoever holds them here, or another registry.

use futures_util::stream::TryStreamExt;
use landfall_hashing::Digest;

use crate::manifest::MANIFEST_LIMIT_BYTES;
use crate::verified::verified;
use crate::{
    BlobStream, Blobs, Descriptor, Manifest, ManifestError, PublishError, Registry, Repository,
    RequestError,
};

#[derive(Clone, Copy)]
pub(crate) enum Source<'a> {
    Local(&'a dyn Blobs),
    Remote { registry: &'a Registry, repository: &'a Repository },
}

impl Source<'_> {
    /// A manifest, proven; `media_type` is what its parent calls it.
    pub(crate) async fn manifest(
        &self,
        digest: Digest,
        media_type: Option<&str>,
    ) -> Result<Manifest, PublishError> {
        match self {
            Self::Remote { registry, repository } => {
                Ok(registry.manifest(repository, &digest.into()).await?)
            }
            Self::Local(blobs) => {
                let manifest = local_manifest(*blobs, digest, media_type).await;
                manifest.map_err(|source| PublishError::Unreadable { digest, source })
            }
        }
    }

    /// The bytes of a blob, from their beginning; they are proven where they are sent.
    pub(crate) async fn blob(&self, blob: &Descriptor) -> Result<BlobStream, RequestError> {
        match self {
            Self::Remote { registry, repository } => registry.open_blob(repository, blob).await,
            Self::Local(blobs) => {
                let opened = blobs.open(blob.digest).await;
                opened.map(|blob| blob.bytes).map_err(|source| RequestError::Source { source })
            }
        }
    }
}

async fn local_manifest(
    blobs: &dyn Blobs,
    digest: Digest,
    media_type: Option<&str>,
) -> Result<Manifest, RequestError> {
    let blob = blobs.open(digest).await.map_err(|source| RequestError::Source { source })?;
    if blob.size_bytes > MANIFEST_LIMIT_BYTES {
        return Err(ManifestError::TooLong.into());
    }
    let mut stream = verified(blob.bytes, digest, blob.size_bytes);
    let mut bytes = Vec::new();
    while let Some(piece) = stream.try_next().await.map_err(RequestError::of_io)? {
        bytes.extend_from_slice(&piece);
    }
    Ok(Manifest::read(bytes.into(), media_type)?)
}
