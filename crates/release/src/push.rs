//! What a push leaves in the ledger of a stage that builds.

use landfall_config::environment::{Ledger, StageFolder};
use landfall_config::{App, Name};

use crate::{Edit, Entry, ImageVersion, Refusal};

/// The edit that follows a push to a stage, or to one region of it; none where the stage keeps no
/// ledger. It may change nothing.
///
/// Fails where the stage does not build, where the app is not meant for the place, where the region
/// is on hold, and where the first image of an app is for one of several regions: the ledger would
/// have to say of the others that they run it. To be asked before anything is pushed, too.
pub fn recorded(
    stage: &StageFolder,
    ledger: &Ledger,
    app: &App,
    region: Option<&Name>,
    image: &ImageVersion,
) -> Result<Option<Edit>, Refusal> {
    let (rules, name) = (&stage.stage, &app.name.value);
    if !rules.builds {
        let (stage, from) = (rules.name.clone(), rules.from.clone());
        return Err(Refusal::DoesNotBuild { app: name.clone(), stage, from });
    }
    let regions: Vec<_> = stage.regions_of(app).collect();
    if region.map_or(regions.is_empty(), |region| !regions.contains(&region)) {
        return Err(Refusal::not_meant(app, &rules.name, region));
    }
    if !rules.ledger {
        return Ok(None);
    }
    let expected = Entry::of(ledger, name);
    // The only region of an app in a stage is the stage.
    let next = match region.filter(|region| regions != [*region]) {
        Some(region) => of_one_region(expected.as_ref(), &rules.name, name, region, image)?,
        None => match &expected {
            Some(entry) => entry.with_stage(image),
            None => Entry::first(image.clone()),
        },
    };
    Ok(Some(Edit { app: name.clone(), expected, next }))
}

fn of_one_region(
    entry: Option<&Entry>,
    stage: &Name,
    app: &Name,
    region: &Name,
    image: &ImageVersion,
) -> Result<Entry, Refusal> {
    let names = || (app.clone(), stage.clone(), region.clone());
    let Some(entry) = entry else {
        let (app, stage, region) = names();
        return Err(Refusal::FirstOfOneRegion { app, stage, region });
    };
    if entry.running(region).is_on_hold {
        let (app, stage, region) = names();
        return Err(Refusal::OnHold { app, stage, region });
    }
    Ok(entry.with_region(region, image, false))
}
