//! app.toml, or an image that was handed over → every registry of a stage, and its ledger.
//!
//! [`outgoing`] does all that can fail at home: it builds, reads the stage's files, and renders the
//! objects of every region. Only then [`push`] sends.

use landfall_config::environment::{Setting, StageFolder};
use landfall_diagnostics::Diagnostic;
use landfall_release::{Change, Edit, ImageVersion};

use crate::build::{BuildRequest, build_prepared, prepare};
use crate::environments::{Destinations, destinations, stage};
use crate::publish::{Consignment, Place, RegistryAccess, Sent, send};
use crate::render::{ImageName, check_rendering};
use crate::stored_image::{ImageSource, find};
use crate::workspace::{Loaded, load};
use crate::{Error, Session, ledger};

/// What to push, and where to.
#[derive(Debug, Clone)]
pub struct PushRequest {
    /// How it is built.
    pub build: BuildRequest,
    /// An image that is there, in the place of a build.
    pub image: Option<ImageSource>,
    /// The stage.
    pub stage: String,
    /// One region of it; all where there is none.
    pub region: Option<String>,
    /// Values of the command line, for the objects.
    pub settings: Vec<Setting>,
}

/// An app that is ready to leave.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// As it was read.
    pub loaded: Loaded,
    /// Where it goes.
    pub destinations: Destinations,
    /// The image.
    pub consignment: Consignment,
    /// As which version it was built.
    pub version: String,
    /// What the ledger will be told; nothing where the stage keeps none.
    edit: Option<Edit>,
}

/// What came of a push.
#[derive(Debug)]
pub struct Pushed {
    /// For every region, in the order of their names.
    pub sent: Vec<Sent>,
    /// The ledger's revision that names the image; none where no ledger is written.
    pub ledger_revision: Option<u64>,
}

/// Builds apps, or finds the image that was handed over, and checks everything that a region could
/// refuse for reasons of these files. Nothing leaves this machine.
///
/// Fails with the problems of all apps and all regions.
pub fn outgoing(
    session: &Session<'_>,
    names: &[String],
    request: &PushRequest,
) -> Result<Vec<Outgoing>, Vec<Error>> {
    let one = |error: Error| vec![error];
    let stage = stage(session, &request.stage).map_err(one)?;
    enters_here(&stage).map_err(one)?;
    let loaded = |name: &String| load(session, name, &request.build.overrides);
    let loaded = crate::error::all(names.iter().map(loaded))?;
    let places = |loaded: &Loaded| {
        let region = request.region.as_deref();
        destinations(session, &loaded.app, stage.clone(), region, &request.settings)
    };
    let places = crate::error::all(loaded.iter().map(places))?;
    let images = images(session, names, &loaded, request)?;
    let all = loaded.into_iter().zip(places).zip(images);
    let region = request.region.as_deref();
    let outgoing = all.map(|((loaded, places), image)| {
        let edit = edit(session, &stage, &loaded, region, &image)?;
        let outgoing = Outgoing::new(loaded, places, image, edit);
        outgoing.check(session).map(|()| outgoing)
    });
    crate::error::all(outgoing)
}

/// Sends an image to every place. Where it stands everywhere, and the stage keeps a ledger, the
/// ledger names it.
pub fn push(
    session: &Session<'_>,
    access: &RegistryAccess,
    outgoing: &Outgoing,
) -> Result<Pushed, Error> {
    let Outgoing { destinations, consignment, edit, .. } = outgoing;
    let places: Vec<_> = destinations.environments.iter().map(Place::of).collect();
    let sent = send(session, access, consignment, &places)?;
    let stands = sent.iter().all(|sent| sent.result.is_ok());
    let edit = edit.as_ref().filter(|_| stands);
    if let Some(edit) = edit {
        ledger::write(session, &destinations.stage, &Change { edits: vec![edit.clone()] })?;
    }
    let ledger_revision = edit.map(|edit| edit.next.revision);
    Ok(Pushed { sent, ledger_revision })
}

impl Outgoing {
    fn new(
        loaded: Loaded,
        destinations: Destinations,
        image: ImageName,
        edit: Option<Edit>,
    ) -> Self {
        let app = loaded.app.name.value.clone();
        let (digest, tag) = (image.digest, image.tag());
        let consignment = Consignment { app, digest, tag };
        Self { loaded, destinations, consignment, version: image.version, edit }
    }

    /// The image's name as objects have it.
    pub fn image(&self) -> ImageName {
        ImageName { digest: self.consignment.digest, version: self.version.clone() }
    }

    fn check(&self, session: &Session<'_>) -> Result<(), Error> {
        check_rendering(session, &self.loaded, &self.destinations.environments, &self.image())
    }
}

/// Images enter where they are built, and go from there by promotion.
fn enters_here(stage: &StageFolder) -> Result<(), Error> {
    let stage = &stage.stage;
    if stage.builds {
        return Ok(());
    }
    let name = &stage.name;
    let message = format!("nothing is pushed to the stage `{name}`: it takes what ran before");
    let problem = Diagnostic::error("push::stage", message);
    let problem = match &stage.from {
        Some(from) => problem.at(&from.span, "its digests come from here"),
        None => problem,
    };
    Err(problem
        .help(format!("`landfall promote APP --to {name}` brings a digest here"))
        .help(format!("`builds = true` in environments/{name}/stage.toml lets builds enter"))
        .into())
}

fn edit(
    session: &Session<'_>,
    stage: &StageFolder,
    loaded: &Loaded,
    region: Option<&str>,
    image: &ImageName,
) -> Result<Option<Edit>, Error> {
    let image = ImageVersion { digest: image.digest, version: image.version.clone() };
    ledger::push_edit(session, stage, &loaded.app, region, &image)
}

fn images(
    session: &Session<'_>,
    names: &[String],
    loaded: &[Loaded],
    request: &PushRequest,
) -> Result<Vec<ImageName>, Vec<Error>> {
    let Some(source) = &request.image else { return built(session, names, &request.build) };
    let found = loaded.iter().map(|loaded| {
        let image = find(session, &loaded.app, source)?;
        Ok(ImageName { digest: image.digest, version: image.version })
    });
    crate::error::all(found)
}

fn built(
    session: &Session<'_>,
    names: &[String],
    request: &BuildRequest,
) -> Result<Vec<ImageName>, Vec<Error>> {
    let prepared = prepare(session, names, request)?;
    let built = prepared.into_iter().map(|app| {
        let built = build_prepared(session, app, request)?;
        Ok(ImageName { digest: built.image.digest(), version: built.record.version.clone() })
    });
    crate::error::all(built)
}
