//! What one stage runs → the registries and the ledger of another. Nothing is built.

use std::collections::BTreeMap;

use landfall_config::environment::{Environment, Ledger, Setting, StageFolder};
use landfall_config::{App, Name};
use landfall_hashing::Digest;
use landfall_release::{
    Candidate, Course, FromStage, ImageVersion, Refusal, Request, ToStage, Wanted, source_stage,
};

use crate::environments::{destinations, ledger_path, stage};
use crate::ledger::{self, Running};
use crate::publish::{Consignment, Looked, Place, RegistryAccess, Sent, copy, look, version};
use crate::render::{ImageName, check_rendering};
use crate::workspace::{Loaded, load};
use crate::{Error, Session, error, git};

/// What to promote, and where to.
#[derive(Debug, Clone)]
pub struct PromoteRequest {
    /// The apps; all of them go or none.
    pub apps: Vec<String>,
    /// The stage that they come from; what the other stage says where there is none.
    pub from: Option<String>,
    /// The stage that they go to.
    pub to: String,
    /// Another digest than the one that stands.
    pub digest: Option<Digest>,
    /// Whether the ledger is committed.
    pub commit: bool,
    /// Values of the command line, for the objects.
    pub settings: Vec<Setting>,
}

/// A promotion that is allowed, and of which nothing is done.
#[derive(Debug, Clone)]
pub struct Promotions {
    /// The stage that it comes from.
    pub from: Name,
    /// The stage that it goes to.
    pub to: Name,
    /// The stage that should have come before, where somebody said another.
    pub skipped: Option<Name>,
    /// In the order in which they were asked for.
    pub apps: Vec<Promotion>,
    to_stage: StageFolder,
    plan: landfall_release::Promotion,
}

/// One app of a promotion.
#[derive(Debug, Clone)]
pub struct Promotion {
    /// As it was read.
    pub loaded: Loaded,
    /// The image.
    pub consignment: Consignment,
    /// As which version it was built.
    pub version: String,
    /// What the ledger named before.
    pub before: Option<Digest>,
    /// Whether the stage has had this image before.
    pub is_back: bool,
    /// Whether the ledger changes.
    pub changes: bool,
    /// The ledger's revision after it.
    pub revision: u64,
    /// Regions on hold, which keep what they run.
    pub held: Vec<Name>,
    /// Where the image is.
    sources: Vec<Place>,
    /// Where it goes.
    environments: Vec<Environment>,
}

/// What came of a promotion.
#[derive(Debug)]
pub struct Promoted {
    /// For each app, what came of every region.
    pub sent: Vec<Vec<Sent>>,
    /// The commit of the ledger, where one was asked for and there was something to commit.
    pub commit: Option<String>,
}

/// Finds out what a promotion would do.
///
/// Fails with every reason why an app may not go, and with every problem of the objects of every
/// region. Nothing is changed; a registry is asked only of a digest that no ledger knows.
pub fn promotions(
    session: &Session<'_>,
    access: &RegistryAccess,
    request: &PromoteRequest,
) -> Result<Promotions, Vec<Error>> {
    let one = |error: Error| vec![error];
    let to_stage = stage(session, &request.to).map_err(one)?;
    let told = request.from.as_ref().map(|name| stage(session, name)).transpose().map_err(one)?;
    let told = told.as_ref().map(|folder| &folder.stage.name);
    let from = source_stage(&to_stage.stage, told).map_err(|refusal| vec![refused(&refusal)])?;
    let from_stage = stage(session, from.as_str()).map_err(one)?;
    let no_overrides = Default::default();
    let loaded = request.apps.iter().map(|name| load(session, name, &no_overrides));
    let loaded = error::all(loaded)?;
    let ledgers = [&from_stage, &to_stage].map(|stage| read_ledger(session, stage));
    let [from_ledger, to_ledger] = ledgers.map(|ledger| ledger.map_err(one));
    let (from_ledger, to_ledger) = (from_ledger?, to_ledger?);
    let source = FromStage {
        stage: &from_stage.stage,
        ledger: &from_ledger,
        is_told: request.from.is_some(),
    };
    let destination = ToStage { folder: &to_stage, ledger: &to_ledger };
    let asked = loaded.iter().map(|loaded| {
        let wanted = wanted(session, access, &from_stage, &loaded.app, request.digest)?;
        Ok(Request { app: &loaded.app, wanted })
    });
    let requests = error::all(asked)?;
    let plan = landfall_release::promote(source, destination, &requests);
    let plan = plan.map_err(|refusals| vec![all_refused(&refusals)])?;
    let mut loaded: BTreeMap<_, _> =
        loaded.into_iter().map(|loaded| (loaded.app.name.value.clone(), loaded)).collect();
    let apps = plan.candidates.iter().filter_map(|candidate| {
        let loaded = loaded.remove(&candidate.edit.app)?;
        Some(promotion(session, &from_stage, &to_stage, loaded, candidate, &request.settings))
    });
    let apps = error::all(apps)?;
    let (from, to, skipped) = (plan.from.clone(), plan.to.clone(), plan.skipped.clone());
    Ok(Promotions { from, to, skipped, apps, to_stage, plan })
}

/// Copies every image to every region, reads it back there, and lets the ledger name it.
///
/// Where one region has not got one image, the ledger stays as it was: its error is among what comes
/// back. The next run goes on from there.
pub fn promote(
    session: &Session<'_>,
    access: &RegistryAccess,
    promotions: &Promotions,
    request: &PromoteRequest,
) -> Result<Promoted, Error> {
    let mut sent = Vec::new();
    for app in &promotions.apps {
        let from = app.source(session, access)?;
        let places: Vec<_> = app.environments.iter().map(Place::of).collect();
        sent.push(copy(session, access, &app.consignment, &from, &places)?);
    }
    let stands = sent.iter().flatten().all(|sent| sent.result.is_ok());
    let mut commit = None;
    if stands {
        ledger::write(session, &promotions.to_stage, &promotions.plan.change())?;
        if request.commit {
            commit = promotions.commit(session)?;
        }
    }
    Ok(Promoted { sent, commit })
}

impl Promotions {
    /// What would run in a region, or in all, after it.
    pub fn wanted(&self, region: Option<&str>) -> Vec<(&Loaded, &Environment, Running)> {
        let is_asked = |environment: &&Environment| {
            region.is_none_or(|asked| environment.region.as_str() == asked)
        };
        let each = self.apps.iter().flat_map(|app| {
            let running = Running {
                digest: app.consignment.digest,
                version: app.version.clone(),
                revision: Some(app.revision),
            };
            let asked = app.environments.iter().filter(is_asked);
            asked.map(move |environment| (&app.loaded, environment, running.clone()))
        });
        each.collect()
    }

    /// Commits the ledger alone; nothing where it is as the last commit has it.
    fn commit(&self, session: &Session<'_>) -> Result<Option<String>, Error> {
        let path = ledger_path(&self.to);
        if git::is_committed(session, &path)? {
            return Ok(None);
        }
        // Of a run that was cut short before its commit the ledger has everything already.
        let some_change = self.apps.iter().any(|app| app.changes);
        let apps = self.apps.iter().filter(|app| app.changes || !some_change);
        let apps = apps.map(|app| format!("{} {}", app.consignment.app, app.version));
        let apps = apps.collect::<Vec<_>>().join(", ");
        // What CI systems look for, so that a promotion does not start a build.
        let message = format!("Promote {apps} from {} to {} [skip ci]", self.from, self.to);
        git::commit_file(session, &path, &message).map(Some)
    }
}

impl Promotion {
    /// The registry that the image is read from: the first of the stage before that has it.
    ///
    /// Fails where none has it, and where one that answers has not: then the ledger says something
    /// that is not so, and a person has to look.
    fn source(&self, session: &Session<'_>, access: &RegistryAccess) -> Result<Place, Error> {
        let mut found = None;
        for Looked { place, found: has } in look(session, access, &self.consignment, &self.sources)?
        {
            match has {
                Ok(true) => found = found.or(Some(place)),
                Ok(false) => {
                    let (app, digest) = (self.consignment.app.to_string(), self.consignment.digest);
                    return Err(Error::NotInRegistry { app, place: place.name, digest });
                }
                Err(error) if self.sources.len() == 1 => return Err(error),
                Err(_) => {}
            }
        }
        found.ok_or_else(|| Error::NotInRegistry {
            app: self.consignment.app.to_string(),
            place: "the stage before".into(),
            digest: self.consignment.digest,
        })
    }
}

fn promotion(
    session: &Session<'_>,
    from: &StageFolder,
    to: &StageFolder,
    loaded: Loaded,
    candidate: &Candidate,
    settings: &[Setting],
) -> Result<Promotion, Error> {
    let ImageVersion { digest, version } = candidate.image.clone();
    let image = ImageName { digest, version: version.clone() };
    let all = destinations(session, &loaded.app, to.clone(), None, settings)?;
    let mut environments = all.environments;
    environments.retain(|one| candidate.regions.contains(&one.region));
    check_rendering(session, &loaded, &environments, &image)?;
    let sources = sources(session, from, &loaded.app)?;
    let expected = candidate.edit.expected.as_ref();
    Ok(Promotion {
        consignment: Consignment { app: candidate.edit.app.clone(), digest, tag: image.tag() },
        version,
        before: expected.map(|entry| entry.image.digest),
        is_back: candidate.course == Course::Back,
        changes: candidate.edit.is_change(),
        revision: candidate.edit.next.revision,
        held: candidate.held.iter().map(|(region, _)| region.clone()).collect(),
        sources,
        environments,
        loaded,
    })
}

/// Where the app's images are in a stage. That one of its values is missing there is no matter.
fn sources(session: &Session<'_>, from: &StageFolder, app: &App) -> Result<Vec<Place>, Error> {
    let found = destinations(session, app, from.clone(), None, &[])?;
    Ok(found.environments.iter().map(Place::of).collect())
}

/// A stage without a ledger is told by a digest which image is meant; as which version that was
/// built says the image itself.
fn wanted(
    session: &Session<'_>,
    access: &RegistryAccess,
    from: &StageFolder,
    app: &App,
    digest: Option<Digest>,
) -> Result<Wanted, Error> {
    match digest {
        None => Ok(Wanted::Standing),
        Some(digest) if from.stage.ledger => Ok(Wanted::Digest(digest)),
        Some(digest) => {
            let places = sources(session, from, app)?;
            let version = version(session, access, &app.name.value, &digest, &places)?;
            Ok(Wanted::Found(ImageVersion { digest, version }))
        }
    }
}

fn read_ledger(session: &Session<'_>, stage: &StageFolder) -> Result<Ledger, Error> {
    Ok(ledger::read(session, stage)?.map(|found| found.ledger).unwrap_or_default())
}

pub(crate) fn refused(refusal: &Refusal) -> Error {
    refusal.problem().into()
}

fn all_refused(refusals: &[Refusal]) -> Error {
    Error::Problems(refusals.iter().map(Refusal::problem).collect())
}
