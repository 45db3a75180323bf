//! An image → the same digest in the registry of every region.
//!
//! Regions are served side by side, and each for itself: what fails in one stops no other, so that
//! the next run has less to do. [`send`] takes the image from the store, [`copy`] from another
//! registry.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use landfall_config::Name;
use landfall_config::environment::{Environment, RegistryPrefix};
use landfall_hashing::Digest;
use landfall_image::document::Index;
use landfall_registry::{
    Blobs, BoxFuture, Credentials, Endpoint, How, NameError, Progress, Publication, PublishError,
    Published, Reference, Registry, Repository, SizedBlob, Tag,
};
use landfall_store::Store;
use landfall_transport::{Client, Connections};

use crate::{Error, Event, Session};

/// Blobs that are on their way to one registry at once.
const CONCURRENCY: usize = 4;

/// Who we are to registries.
pub struct RegistryAccess {
    /// Knows the login of each.
    pub credentials: Arc<dyn Credentials>,
    /// Hosts that may issue tokens for other registries, from the user's own settings.
    pub token_hosts: Vec<String>,
}

/// An image and what it is called.
#[derive(Debug, Clone)]
pub struct Consignment {
    /// The app: the name of its repositories.
    pub app: Name,
    /// Of the image index.
    pub digest: Digest,
    /// `VERSION-` and the beginning of the digest.
    pub tag: String,
}

/// Where an image is, or is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// `prod.london`.
    pub name: String,
    /// The region alone.
    pub region: Name,
    /// The registry and what stands before the app's name in it.
    pub registry: RegistryPrefix,
}

impl Place {
    /// Where an environment's images are.
    pub fn of(environment: &Environment) -> Self {
        let Environment { stage, region, registry, .. } = environment;
        let name = format!("{stage}.{region}");
        Self { name, region: region.clone(), registry: registry.value.clone() }
    }
}

/// What came of one place.
#[derive(Debug)]
pub struct Sent {
    /// The place.
    pub place: Place,
    /// What moved, or why nothing stands there.
    pub result: Result<Moved, Error>,
}

/// Whether one place has an image.
#[derive(Debug)]
pub struct Looked {
    /// The place.
    pub place: Place,
    /// Whether it has it, or why that is not known.
    pub found: Result<bool, Error>,
}

/// How the bytes of an image came to a registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    /// Sent from here.
    pub sent_bytes: u64,
    /// Taken over from another repository of the registry.
    pub mounted_bytes: u64,
    /// They were there.
    pub present_bytes: u64,
}

impl Moved {
    fn of(published: &Published) -> Self {
        Self {
            sent_bytes: published.bytes(How::Sent),
            mounted_bytes: published.bytes(How::Mounted),
            present_bytes: published.bytes(How::Present),
        }
    }
}

/// Sends an image of the store to every place.
///
/// Each place's result comes back, in the order given; the image is read back and compared before
/// its tag is set.
pub fn send(
    session: &Session<'_>,
    access: &RegistryAccess,
    consignment: &Consignment,
    places: &[Place],
) -> Result<Vec<Sent>, Error> {
    let blobs = StoreBlobs { store: &session.store };
    let way = Way::new(session, access, consignment)?;
    run(async { way.to_all(places, Source::Store(&blobs)).await })
}

/// Copies an image from one place to others, by its digest.
pub fn copy(
    session: &Session<'_>,
    access: &RegistryAccess,
    consignment: &Consignment,
    from: &Place,
    places: &[Place],
) -> Result<Vec<Sent>, Error> {
    let way = Way::new(session, access, consignment)?;
    run(async { way.to_all(places, Source::Place(from)).await })
}

/// Whether each place has the image, by its digest; nothing is changed.
pub fn look(
    session: &Session<'_>,
    access: &RegistryAccess,
    consignment: &Consignment,
    places: &[Place],
) -> Result<Vec<Looked>, Error> {
    let way = Way::new(session, access, consignment)?;
    run(async {
        let looks = places
            .iter()
            .map(|place| async { Looked { place: place.clone(), found: way.has(place).await } });
        futures_util::future::join_all(looks).await
    })
}

/// As which version an image was built, by its own index in the first of these places.
///
/// Fails where it is not there, and where its index does not say that it is the app's.
pub(crate) fn version(
    session: &Session<'_>,
    access: &RegistryAccess,
    app: &Name,
    digest: &Digest,
    places: &[Place],
) -> Result<String, Error> {
    let tag = digest.short();
    let consignment = Consignment { app: app.clone(), digest: *digest, tag };
    let way = Way::new(session, access, &consignment)?;
    let other =
        |reason: String| Error::OtherImage { app: app.to_string(), digest: *digest, reason };
    let place = places.first().ok_or_else(|| other("its stage has no region".into()))?;
    let bytes = run(way.index(place))??;
    let index: Index =
        serde_json::from_slice(&bytes).map_err(|error| other(format!("no index: {error}")))?;
    let named = |key: &str| index.annotations.get(key).cloned().unwrap_or_default();
    match named("org.opencontainers.image.title") {
        title if title == app.as_str() => Ok(named("org.opencontainers.image.version")),
        title => Err(other(format!("its title is `{title}`"))),
    }
}

/// A client lives in one runtime, and this is it.
fn run<T>(work: impl Future<Output = T>) -> Result<T, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(Error::file("start", "the network"))?;
    let outcome = runtime.block_on(work);
    runtime.shutdown_background();
    Ok(outcome)
}

#[derive(Clone, Copy)]
enum Source<'a> {
    Store(&'a StoreBlobs<'a>),
    Place(&'a Place),
}

/// What is the same for all places of one image.
struct Way<'a> {
    session: &'a Session<'a>,
    access: &'a RegistryAccess,
    consignment: &'a Consignment,
    client: Client,
    tag: Tag,
}

impl<'a> Way<'a> {
    fn new(
        session: &'a Session<'a>,
        access: &'a RegistryAccess,
        consignment: &'a Consignment,
    ) -> Result<Self, Error> {
        let client = Client::new(&session.fetch, Connections::Kept);
        let client = client.map_err(|source| Error::Network { source: Box::new(source) })?;
        let tag = consignment.tag.parse().map_err(name)?;
        Ok(Self { session, access, consignment, client, tag })
    }

    async fn to_all(&self, places: &[Place], source: Source<'_>) -> Vec<Sent> {
        let sends = places.iter().map(|place| async {
            let result = self.to_one(place, source).await;
            Sent { place: place.clone(), result }
        });
        futures_util::future::join_all(sends).await
    }

    async fn to_one(&self, place: &Place, source: Source<'_>) -> Result<Moved, Error> {
        let (registry, repository) = (self.registry(place)?, self.repository(place)?);
        let publication = Publication {
            image: self.consignment.digest,
            repository: &repository,
            tag: Some(&self.tag),
            replaces: None,
            mount_from: &[],
            concurrency: CONCURRENCY,
        };
        let app = self.consignment.app.as_ref();
        let teller = Teller::new(self.session, app, place);
        let tell = |progress| teller.tell(progress);
        let published = match source {
            Source::Store(blobs) => {
                landfall_registry::publish(&registry, &publication, blobs, &tell).await
            }
            Source::Place(from) => {
                let (origin, origin_repository) = (self.registry(from)?, self.repository(from)?);
                landfall_registry::copy(&origin, &origin_repository, &registry, &publication, &tell)
                    .await
            }
        };
        let moved = published.map(|published| Moved::of(&published));
        teller.end(moved.is_ok());
        moved.map_err(|source| self.failed(place, source))
    }

    async fn has(&self, place: &Place) -> Result<bool, Error> {
        let (registry, repository) = (self.registry(place)?, self.repository(place)?);
        let reference = Reference::Digest(self.consignment.digest);
        let found = registry.digest(&repository, &reference).await;
        let found = found.map_err(|source| self.failed(place, source.into()))?;
        Ok(found == Some(self.consignment.digest))
    }

    /// The bytes of the image's index, proven by its digest.
    async fn index(&self, place: &Place) -> Result<Vec<u8>, Error> {
        let (registry, repository) = (self.registry(place)?, self.repository(place)?);
        let reference = Reference::Digest(self.consignment.digest);
        let index = registry.manifest(&repository, &reference).await;
        Ok(index.map_err(|source| self.failed(place, source.into()))?.bytes.to_vec())
    }

    fn registry(&self, place: &Place) -> Result<Registry, Error> {
        let endpoint = Endpoint::parse(&place.registry.authority()).map_err(name)?;
        let (credentials, hosts) = (self.access.credentials.clone(), &self.access.token_hosts);
        Ok(Registry::new(endpoint, self.client.clone(), credentials, hosts.clone()))
    }

    fn repository(&self, place: &Place) -> Result<Repository, Error> {
        place.registry.repository(&self.consignment.app).parse().map_err(name)
    }

    fn failed(&self, place: &Place, source: PublishError) -> Error {
        let app = self.consignment.app.to_string();
        Error::Publish { app, place: place.name.clone(), source: Box::new(source) }
    }
}

/// The names were checked in the files that they come from; the registry's grammar is narrower.
fn name(source: NameError) -> Error {
    Error::RegistryName { source: Box::new(source) }
}

/// Blobs as the store has them. What they hold is proven where they are sent.
struct StoreBlobs<'a> {
    store: &'a Store,
}

impl Blobs for StoreBlobs<'_> {
    fn open(&self, digest: Digest) -> BoxFuture<'_, std::io::Result<SizedBlob>> {
        Box::pin(async move {
            let file = self.store.open_blob(&digest).map_err(std::io::Error::other)?;
            let size_bytes = file.metadata()?.len();
            Ok(SizedBlob::of_reader(size_bytes, file))
        })
    }
}

/// Adds up what is on its way to one place.
struct Teller<'a> {
    session: &'a Session<'a>,
    app: &'a str,
    place: &'a Place,
    total_bytes: AtomicU64,
    sending: std::sync::Mutex<BTreeMap<Digest, u64>>,
}

impl<'a> Teller<'a> {
    fn new(session: &'a Session<'a>, app: &'a str, place: &'a Place) -> Self {
        Self { session, app, place, total_bytes: AtomicU64::new(0), sending: Default::default() }
    }

    fn tell(&self, progress: Progress) {
        let (digest, bytes) = match progress {
            Progress::Planned { total_bytes, .. } => {
                self.total_bytes.store(total_bytes, Ordering::Relaxed);
                return;
            }
            Progress::Sending { digest, sent_bytes, .. } => (digest, sent_bytes),
            Progress::Done(transfer) => (transfer.part.digest, transfer.part.size_bytes),
        };
        let mut sending = self.sending.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        sending.insert(digest, bytes);
        self.session.events.event(Event::Sending {
            app: self.app,
            place: &self.place.name,
            done_bytes: sending.values().sum(),
            total_bytes: self.total_bytes.load(Ordering::Relaxed),
        });
    }

    fn end(&self, well: bool) {
        let (app, place) = (self.app, self.place.name.as_str());
        self.session.events.event(Event::Sent { app, place, well });
    }
}
