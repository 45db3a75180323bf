//! What one app is in one stage, and how it changes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use landfall_config::Name;
use landfall_config::environment::{Ledger, LedgerEntry};
use landfall_hashing::Digest;

use crate::{ImageVersion, Standing, history};

/// An app's block of releases.toml. A changed one has the next revision; nothing else makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What the stage runs.
    pub image: ImageVersion,
    /// How often the entry was changed, from 1.
    pub revision: u64,
    /// What it said before, the newest first.
    pub previous: Vec<Previous>,
    /// Regions that run something else, or that promotions leave be.
    pub regions: BTreeMap<Name, Override>,
}

/// What an entry said up to a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Previous {
    /// The last revision at which it said so.
    pub revision: u64,
    /// The image.
    pub image: ImageVersion,
    /// The region that ran it; none means the stage.
    pub region: Option<Name>,
}

/// What one region runs in the place of the stage's image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// The image.
    pub image: ImageVersion,
    /// Whether promotions to the stage leave the region be; else the next one ends the override.
    pub hold: bool,
}

impl Entry {
    /// The entry of an app that a stage never had.
    pub fn first(image: ImageVersion) -> Self {
        Self { image, revision: 1, previous: Vec::new(), regions: BTreeMap::new() }
    }

    /// An app's entry of a ledger.
    pub fn of(ledger: &Ledger, app: &Name) -> Option<Self> {
        ledger.entries.get(app).map(Self::from)
    }

    /// What a region runs.
    pub fn running(&self, region: &Name) -> Standing {
        let own = self.regions.get(region);
        Standing {
            image: own.map_or(&self.image, |own| &own.image).clone(),
            revision: self.revision,
            is_on_hold: own.is_some_and(|own| own.hold),
        }
    }

    /// What stands for the stage as a whole.
    pub fn standing(&self) -> Standing {
        let Self { image, revision, .. } = self;
        Standing { image: image.clone(), revision: *revision, is_on_hold: false }
    }

    /// Every image that the entry names, each digest once: the stage's, those of regions, those
    /// before.
    pub fn held(&self) -> Vec<&ImageVersion> {
        let regions = self.regions.values().map(|one| &one.image);
        let before = self.previous.iter().map(|one| &one.image);
        let all = std::iter::once(&self.image).chain(regions).chain(before);
        let mut seen = BTreeSet::new();
        all.filter(|image| seen.insert(image.digest)).collect()
    }

    /// The image of a digest, where the entry names it.
    pub fn find(&self, digest: &Digest) -> Option<&ImageVersion> {
        self.held().into_iter().find(|image| image.digest == *digest)
    }

    /// The stage runs an image; regions on hold keep theirs, other overrides end.
    #[must_use]
    pub fn with_stage(&self, image: &ImageVersion) -> Self {
        let held = self.regions.iter().filter(|(_, one)| one.hold);
        let regions = held.map(|(name, one)| (name.clone(), one.clone()));
        self.changed(image.clone(), regions.collect())
    }

    /// One region runs an image of its own, until the next promotion or for as long as it is held.
    #[must_use]
    pub fn with_region(&self, region: &Name, image: &ImageVersion, hold: bool) -> Self {
        let mut regions = self.regions.clone();
        if hold || *image != self.image {
            regions.insert(region.clone(), Override { image: image.clone(), hold });
        } else {
            regions.remove(region);
        }
        self.changed(self.image.clone(), regions)
    }

    /// One region runs what the stage runs, and follows promotions again.
    #[must_use]
    pub fn without_region(&self, region: &Name) -> Self {
        let mut regions = self.regions.clone();
        regions.remove(region);
        self.changed(self.image.clone(), regions)
    }

    /// The next revision, where anything differs; what no longer stands goes into `previous`.
    fn changed(&self, image: ImageVersion, regions: BTreeMap<Name, Override>) -> Self {
        if image == self.image && regions == self.regions {
            return self.clone();
        }
        let left = |image: &ImageVersion, region: Option<&Name>| Previous {
            revision: self.revision,
            image: image.clone(),
            region: region.cloned(),
        };
        let stage = (image != self.image).then(|| left(&self.image, None));
        let ended = self
            .regions
            .iter()
            .filter(|(name, one)| regions.get(*name).is_none_or(|still| still.image != one.image));
        let ended = ended.map(|(name, one)| left(&one.image, Some(name)));
        let items = stage.into_iter().chain(ended).chain(self.previous.iter().cloned()).collect();
        let running = regions.values().map(|one| one.image.digest).collect();
        let previous = history::kept(items, &running);
        Self { image, revision: self.revision + 1, previous, regions }
    }
}

impl From<&LedgerEntry> for Entry {
    fn from(read: &LedgerEntry) -> Self {
        let image = |digest: &Digest, version: &String| ImageVersion {
            digest: *digest,
            version: version.clone(),
        };
        let previous = read.previous.iter().map(|one| Previous {
            revision: one.revision.value,
            image: image(&one.digest.value, &one.version.value),
            region: one.region.as_ref().map(|region| region.value.clone()),
        });
        let regions = read.regions.iter().map(|(name, one)| {
            let image = image(&one.digest.value, &one.version.value);
            (name.clone(), Override { image, hold: one.hold })
        });
        Self {
            image: image(&read.digest.value, &read.version.value),
            revision: read.revision.value,
            previous: previous.collect(),
            regions: regions.collect(),
        }
    }
}

/// `revision 4, 1.1.0 (sha256:…), in seoul 1.0.0 (sha256:…) on hold`.
impl fmt::Display for Entry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "revision {}, {}", self.revision, self.image)?;
        self.regions.iter().try_for_each(|(region, one)| {
            let hold = if one.hold { " on hold" } else { "" };
            write!(formatter, ", in {region} {}{hold}", one.image)
        })
    }
}
