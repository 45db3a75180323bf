//! What should run in each region: the digest that the ledger names, and the objects around it.

use landfall::failure::Failure;
use landfall_config::environment::{Environment, Setting};
use landfall_pipeline::environments::{Destinations, destinations, stage};
use landfall_pipeline::ledger::{self, Running};
use landfall_pipeline::render::{ImageName, render};
use landfall_pipeline::workspace::{Loaded, load};
use landfall_pipeline::{Error, Session};
use landfall_rollout::Release;
use serde_json::Value;

use landfall::commands::operate::Place;

/// One region, and all that is to be brought there.
pub struct Wanted {
    /// The region.
    pub environment: Environment,
    /// What is released.
    pub release: Release,
    /// The objects, pinned to the digest.
    pub objects: Vec<Value>,
}

/// Where an app is, without a question of what should run there.
pub fn places(
    session: &Session<'_>,
    place: &Place,
    settings: &[Setting],
) -> Result<(Loaded, Destinations), Failure> {
    let loaded = load(session, &place.app, &Default::default())?;
    let stage = stage(session, &place.stage)?;
    let found = destinations(session, &loaded.app, stage, place.region(), settings)?;
    Ok((loaded, found))
}

/// What should run in a region, or in all of the stage.
///
/// Every problem of every region comes at once, before any cluster is asked.
pub fn wanted(
    session: &Session<'_>,
    place: &Place,
    settings: &[Setting],
) -> Result<Vec<Wanted>, Failure> {
    let (loaded, found) = places(session, place, settings)?;
    let running = |environment: &Environment| {
        ledger::running(session, &found.stage, &loaded.app.name.value, &environment.region)
    };
    let mut wanted = Vec::new();
    let mut problems = Vec::new();
    for environment in &found.environments {
        match running(environment).and_then(|running| one(session, &loaded, environment, &running))
        {
            Ok(one) => wanted.push(one),
            Err(Error::Problems(more)) => problems.extend(more),
            Err(error) => return Err(error.into()),
        }
    }
    if problems.is_empty() {
        return Ok(wanted);
    }
    problems.sort();
    problems.dedup();
    Err(Error::Problems(problems).into())
}

/// One region's objects around an image.
pub fn one(
    session: &Session<'_>,
    loaded: &Loaded,
    environment: &Environment,
    running: &Running,
) -> Result<Wanted, Error> {
    let Running { digest, version, revision } = running;
    let image = ImageName { digest: *digest, version: version.clone() };
    let objects = render(session, loaded, environment, &image)?;
    let release = Release {
        app: loaded.app.name.value.to_string(),
        stage: environment.stage.to_string(),
        region: environment.region.to_string(),
        digest: *digest,
        version: version.clone(),
        tag: image.tag(),
        ledger_revision: *revision,
    };
    Ok(Wanted { environment: environment.clone(), release, objects })
}
