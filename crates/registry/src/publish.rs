//! Sends an image to a registry: blobs side by side, children before parents, the tag last; then
//! reads it back.

use futures_util::future::{FutureExt, LocalBoxFuture};
use futures_util::stream::{StreamExt, TryStreamExt, iter};
use landfall_hashing::Digest;

use crate::plan::Plan;
use crate::source::Source;
use crate::upload::Parcel;
use crate::{
    Blobs, Descriptor, How, Manifest, Progress, Published, Reference, Registry, RegistryError,
    Repository, RequestError, Tag, Transfer,
};

/// What is to be where.
#[derive(Debug, Clone)]
pub struct Publication<'a> {
    /// The image: the digest of an index, or of a manifest that stands alone.
    pub image: Digest,
    /// Where it shall be.
    pub repository: &'a Repository,
    /// What shall name it there.
    pub tag: Option<&'a Tag>,
    /// What the tag may name now, to be moved. Any other image under it is an error.
    pub replaces: Option<Digest>,
    /// Few other repositories of the same registry that may hold some of its blobs.
    pub mount_from: &'a [Repository],
    /// How many blobs are sent at once; four is plenty, for more connections fail more often.
    pub concurrency: usize,
}

/// Why an image is not where it should be.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// A registry did not do what was asked.
    #[error(transparent)]
    Registry {
        /// Which, what, and why.
        #[from]
        source: RegistryError,
    },
    /// A manifest that is to be sent cannot be had here.
    #[error("the manifest {digest}, which is to be sent, cannot be read")]
    Unreadable {
        /// Which.
        digest: Digest,
        /// Why.
        source: RequestError,
    },
    /// An index calls a manifest something that it is not.
    #[error(
        "an index names {} as `{}` of {} bytes, and it is `{}` of {} bytes",
        .named.digest, .named.media_type, .named.size_bytes, .found.media_type, .found.size_bytes
    )]
    Misnamed {
        /// What the index says.
        named: Box<Descriptor>,
        /// What it is.
        found: Box<Descriptor>,
    },
    /// Indexes within indexes.
    #[error("the image {digest} has more than {limit} manifests")]
    TooMany {
        /// Which.
        digest: Digest,
        /// The bound.
        limit: usize,
    },
    /// The tag names another image. Nothing was changed.
    #[error(
        "{host}/{repository}:{tag} is already {found}, and {wanted} shall be there; a tag is never \
         moved in silence: take another version, or see who pushed the other"
    )]
    TagTaken {
        /// The registry.
        host: String,
        /// The repository in it.
        repository: Repository,
        /// The tag.
        tag: Tag,
        /// What it names.
        found: Digest,
        /// What it should name.
        wanted: Digest,
    },
    /// All was taken, and then something else was there.
    #[error(
        "{host}/{repository}:{tag} was written as {wanted} and now is {}; somebody else writes it, \
         or the registry changes images", shown(.found)
    )]
    Differs {
        /// The registry.
        host: String,
        /// The repository in it.
        repository: Repository,
        /// The tag.
        tag: Tag,
        /// What it names.
        found: Option<Digest>,
        /// What it should name.
        wanted: Digest,
    },
}

fn shown(found: &Option<Digest>) -> String {
    found.map_or_else(|| "gone".into(), |found| found.to_string())
}

impl PublishError {
    /// Whether the same call could succeed later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Registry { source } if source.is_transient())
    }

    /// Whether the outside is to blame, and not what was handed in.
    pub fn is_outside(&self) -> bool {
        match self {
            Self::Registry { source } => source.is_outside(),
            Self::TagTaken { .. } | Self::Differs { .. } => true,
            _ => false,
        }
    }
}

/// Sends an image whose parts `blobs` opens.
///
/// What is there already is not sent. After it the registry holds every part, was asked for the
/// image by digest and gave back the same bytes, and the tag names it. Where it fails, parts may be
/// there, and no tag was changed; the same call goes on from there.
///
/// # Errors
/// See [`PublishError`]; [`PublishError::TagTaken`] comes before anything is sent.
pub async fn publish(
    registry: &Registry,
    publication: &Publication<'_>,
    blobs: &dyn Blobs,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Published, PublishError> {
    deliver(registry, publication, Source::Local(blobs), progress).await
}

/// The same from any source.
pub(crate) async fn deliver(
    registry: &Registry,
    publication: &Publication<'_>,
    source: Source<'_>,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Published, PublishError> {
    let delivery = Delivery { registry, publication, source, progress };
    delivery.check_tag().await?;
    let plan = Plan::read(source, publication.image).await?;
    progress(Progress::Planned { blobs: plan.blobs.len(), total_bytes: plan.total_bytes() });
    let blobs = delivery.blobs(&plan).await?;
    let manifests = delivery.manifests(&plan).await?;
    delivery.read_back().await?;
    delivery.tag(plan.image()).await?;
    let (digest, tag) = (publication.image, publication.tag.cloned());
    Ok(Published { digest, tag, blobs, manifests })
}

struct Delivery<'a> {
    registry: &'a Registry,
    publication: &'a Publication<'a>,
    source: Source<'a>,
    progress: &'a (dyn Fn(Progress) + Send + Sync),
}

impl Delivery<'_> {
    /// Whether the tag names the image already. Where it names one that it may not: an error.
    async fn check_tag(&self) -> Result<bool, PublishError> {
        let Some(tag) = self.publication.tag else { return Ok(false) };
        let found = self.named_by(tag).await?;
        match found {
            None => Ok(false),
            Some(found) if found == self.publication.image => Ok(true),
            found if found == self.publication.replaces => Ok(false),
            Some(found) => Err(PublishError::TagTaken {
                host: self.registry.endpoint().host().to_string(),
                repository: self.publication.repository.clone(),
                tag: tag.clone(),
                found,
                wanted: self.publication.image,
            }),
        }
    }

    async fn named_by(&self, tag: &Tag) -> Result<Option<Digest>, RegistryError> {
        self.registry.digest(self.publication.repository, &Reference::Tag(tag.clone())).await
    }

    async fn blobs(&self, plan: &Plan) -> Result<Vec<Transfer>, PublishError> {
        let sends = plan.blobs.iter().map(|blob| self.blob(blob).boxed_local());
        self.side_by_side(sends.collect()).await
    }

    async fn blob(&self, blob: &Descriptor) -> Result<Transfer, RegistryError> {
        let (digest, size_bytes) = (blob.digest, blob.size_bytes);
        let tell =
            |sent_bytes| (self.progress)(Progress::Sending { digest, sent_bytes, size_bytes });
        let Publication { repository, mount_from, .. } = self.publication;
        let parcel = Parcel { blob, source: self.source, mount_from, progress: &tell };
        let how = self.registry.send_blob(repository, &parcel).await?;
        Ok(self.done(blob.clone(), how))
    }

    /// One group after the other: what is in one names only what is in those before it.
    async fn manifests(&self, plan: &Plan) -> Result<Vec<Transfer>, PublishError> {
        let mut done = Vec::new();
        for group in &plan.groups {
            let sends = group.iter().map(|manifest| self.manifest(manifest).boxed_local());
            done.extend(self.side_by_side(sends.collect()).await?);
        }
        Ok(done)
    }

    async fn manifest(&self, manifest: &Manifest) -> Result<Transfer, RegistryError> {
        let reference = Reference::Digest(manifest.digest);
        let repository = self.publication.repository;
        let found = self.registry.digest(repository, &reference).await?;
        if found.is_none() {
            self.registry.put_manifest(repository, &reference, manifest).await?;
        }
        let how = if found.is_none() { How::Sent } else { How::Present };
        Ok(self.done(manifest.descriptor(), how))
    }

    fn done(&self, part: Descriptor, how: How) -> Transfer {
        let transfer = Transfer { part, how };
        (self.progress)(Progress::Done(transfer.clone()));
        transfer
    }

    async fn side_by_side(
        &self,
        sends: Vec<LocalBoxFuture<'_, Result<Transfer, RegistryError>>>,
    ) -> Result<Vec<Transfer>, PublishError> {
        let at_once = self.publication.concurrency.max(1);
        Ok(iter(sends).buffered(at_once).try_collect().await?)
    }

    /// The bytes come back and are hashed: what the registry says of itself is no proof.
    async fn read_back(&self) -> Result<(), PublishError> {
        let Publication { repository, image, .. } = self.publication;
        self.registry.manifest(repository, &Reference::Digest(*image)).await?;
        Ok(())
    }

    /// Looks again first: sending may have taken long.
    async fn tag(&self, image: &Manifest) -> Result<(), PublishError> {
        let Some(tag) = self.publication.tag else { return Ok(()) };
        if self.check_tag().await? {
            return Ok(());
        }
        let reference = Reference::Tag(tag.clone());
        let written =
            self.registry.put_manifest(self.publication.repository, &reference, image).await;
        let found = self.named_by(tag).await?;
        if found == Some(image.digest) {
            return Ok(());
        }
        // A refusal says more than what stands there.
        written?;
        Err(PublishError::Differs {
            host: self.registry.endpoint().host().to_string(),
            repository: self.publication.repository.clone(),
            tag: tag.clone(),
            found,
            wanted: image.digest,
        })
    }
}
