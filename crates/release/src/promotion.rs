//! Which digest goes where: a promotion moves what is there, and never builds.

use std::collections::BTreeSet;

use landfall_config::environment::{Ledger, Stage, StageFolder};
use landfall_config::{App, Name};
use landfall_hashing::Digest;

use crate::{Change, Edit, Entry, ImageVersion, Refusal, Standing};

/// Where images come from.
#[derive(Debug, Clone, Copy)]
pub struct FromStage<'a> {
    /// Its stage.toml.
    pub stage: &'a Stage,
    /// Its ledger; empty where it keeps none.
    pub ledger: &'a Ledger,
    /// Whether somebody said so, in the place of what the other stage's `from` says.
    pub is_told: bool,
}

/// Where images go.
#[derive(Debug, Clone, Copy)]
pub struct ToStage<'a> {
    /// Its files.
    pub folder: &'a StageFolder,
    /// Its ledger.
    pub ledger: &'a Ledger,
}

/// One app of a promotion.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// The app.
    pub app: &'a App,
    /// Which image of it.
    pub wanted: Wanted,
}

/// Which image is promoted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// What stands in the ledger of the stage that it comes from.
    Standing,
    /// One that the ledger of either stage names.
    Digest(Digest),
    /// For a stage without a ledger: an image that was looked up there, by a digest that was named
    /// or by what its cluster runs. Where there is a ledger, it must name it.
    Found(ImageVersion),
}

/// What a promotion does, all of it or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promotion {
    /// Where the images come from.
    pub from: Name,
    /// Where they go.
    pub to: Name,
    /// The stage that should have come before, where somebody said another.
    pub skipped: Option<Name>,
    /// One for each app, in the order in which they were asked for.
    pub candidates: Vec<Candidate>,
}

/// Where one app's digest goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The image that the stage will run.
    pub image: ImageVersion,
    /// Which way it goes.
    pub course: Course,
    /// The regions that get it, in the order of names: each registry must have the digest before
    /// the ledger says so.
    pub regions: Vec<Name>,
    /// The regions on hold, which are left out, and what they run.
    pub held: Vec<(Name, Standing)>,
    /// How the ledger says so.
    pub edit: Edit,
}

/// Which way an app goes in a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Course {
    /// The stage never had the app.
    First,
    /// To an image that the stage never had, as far as its ledger reaches.
    Forward,
    /// To an image that the stage has had. The revision still grows.
    Back,
    /// The stage has the image; regions that ran another one without a hold follow again.
    Rejoin,
    /// Nothing is to be done.
    Unchanged,
}

impl Promotion {
    /// The edits that the ledger of the destination takes together; none where nothing changes.
    pub fn change(&self) -> Change {
        let edits = self.candidates.iter().map(|candidate| &candidate.edit);
        Change { edits: edits.filter(|edit| edit.is_change()).cloned().collect() }
    }
}

/// The stage that a promotion comes from: the one that was told, else the destination's `from`.
pub fn source_stage<'a>(to: &'a Stage, told: Option<&'a Name>) -> Result<&'a Name, Refusal> {
    let declared = to.from.as_ref().map(|from| &from.value);
    told.or(declared).ok_or_else(|| Refusal::Builds { stage: to.name.clone() })
}

/// Turns what was asked into candidates, or into every reason why one of them may not go.
///
/// An app that is asked for twice is taken once.
pub fn promote(
    from: FromStage<'_>,
    to: ToStage<'_>,
    requests: &[Request<'_>],
) -> Result<Promotion, Vec<Refusal>> {
    check_way(from, &to.folder.stage).map_err(|refusal| vec![refusal])?;
    let mut seen = BTreeSet::new();
    let requests = requests.iter().filter(|request| seen.insert(&request.app.name.value));
    let (mut candidates, mut refusals) = (Vec::new(), Vec::new());
    for request in requests {
        match candidate(from, to, request) {
            Ok(candidate) => candidates.push(candidate),
            Err(found) => refusals.extend(found),
        }
    }
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let (source, stage) = (&from.stage.name, &to.folder.stage);
    let declared = stage.from.as_ref().map(|declared| &declared.value);
    Ok(Promotion {
        from: source.clone(),
        to: stage.name.clone(),
        skipped: declared.filter(|declared| *declared != source).cloned(),
        candidates,
    })
}

/// What holds for all apps.
fn check_way(from: FromStage<'_>, to: &Stage) -> Result<(), Refusal> {
    let name = || to.name.clone();
    if from.stage.name == to.name {
        return Err(Refusal::SameStage { stage: name() });
    }
    if to.builds {
        return Err(Refusal::Builds { stage: name() });
    }
    let other = to.from.as_ref().filter(|declared| declared.value != from.stage.name);
    match other {
        Some(declared) if !from.is_told => Err(Refusal::OtherSource {
            from: from.stage.name.clone(),
            to: name(),
            declared: declared.clone(),
        }),
        _ => Ok(()),
    }
}

fn candidate(
    from: FromStage<'_>,
    to: ToStage<'_>,
    request: &Request<'_>,
) -> Result<Candidate, Vec<Refusal>> {
    let name = &request.app.name.value;
    let expected = Entry::of(to.ledger, name);
    let regions = Regions::of(to.folder, request.app, expected.as_ref());
    let image = image(from, expected.as_ref(), name, &request.wanted);
    let (regions, image) = match (regions, image) {
        (Ok(regions), Ok(image)) => (regions, image),
        (regions, image) => return Err(regions.err().into_iter().chain(image.err()).collect()),
    };
    let next = match &expected {
        Some(entry) => entry.with_stage(&image),
        None => Entry::first(image.clone()),
    };
    let course = course(expected.as_ref(), &next);
    let Regions { open, held } = regions;
    if open.is_empty() && course != Course::Unchanged {
        let regions = held.into_iter().map(|(region, _)| region).collect();
        let (app, stage) = (name.clone(), to.folder.stage.name.clone());
        return Err(vec![Refusal::AllOnHold { app, stage, regions }]);
    }
    let edit = Edit { app: name.clone(), expected, next };
    Ok(Candidate { image, course, regions: open, held, edit })
}

/// The regions that an app may go to.
struct Regions {
    open: Vec<Name>,
    held: Vec<(Name, Standing)>,
}

impl Regions {
    fn of(stage: &StageFolder, app: &App, entry: Option<&Entry>) -> Result<Self, Refusal> {
        let (mut open, mut held) = (Vec::new(), Vec::new());
        for region in stage.regions_of(app) {
            match entry.map(|entry| entry.running(region)).filter(|one| one.is_on_hold) {
                Some(standing) => held.push((region.clone(), standing)),
                None => open.push(region.clone()),
            }
        }
        if open.is_empty() && held.is_empty() {
            return Err(Refusal::not_meant(app, &stage.stage.name, None));
        }
        Ok(Self { open, held })
    }
}

/// The image that is wanted: what the source has had, or what the destination goes back to.
fn image(
    from: FromStage<'_>,
    to: Option<&Entry>,
    app: &Name,
    wanted: &Wanted,
) -> Result<ImageVersion, Refusal> {
    let (app, stage) = (app.clone(), from.stage.name.clone());
    let source = Entry::of(from.ledger, &app).filter(|_| from.stage.ledger);
    let digest = match wanted {
        Wanted::Found(image) if !from.stage.ledger => return Ok(image.clone()),
        Wanted::Found(image) => image.digest,
        Wanted::Digest(digest) => *digest,
        Wanted::Standing => {
            let builds = from.stage.builds;
            return match source {
                Some(entry) => Ok(entry.image),
                None if from.stage.ledger => Err(Refusal::NeverThere { app, stage, builds }),
                None => Err(Refusal::NoLedger { app, stage }),
            };
        }
    };
    let known = source.iter().chain(to).find_map(|entry| entry.find(&digest));
    let held = || source.iter().flat_map(Entry::held).cloned().collect();
    match known {
        Some(image) => Ok(image.clone()),
        None if from.stage.ledger => Err(Refusal::NeverHeld { held: held(), app, stage, digest }),
        None => Err(Refusal::NoLedger { app, stage }),
    }
}

fn course(before: Option<&Entry>, next: &Entry) -> Course {
    let Some(before) = before else { return Course::First };
    if before == next {
        Course::Unchanged
    } else if before.image == next.image {
        Course::Rejoin
    } else if before.find(&next.image.digest).is_some() {
        Course::Back
    } else {
        Course::Forward
    }
}
