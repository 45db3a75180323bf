//! `status`: ledger, registry and cluster beside each other, for every place that is asked for.

use std::process::ExitCode;

use futures::future;
use landfall::commands::json;
use landfall::commands::operate::status::{
    Answer, Deployed, Named, PlaceStatus, Status as Arguments,
};
use landfall::failure::Failure;
use landfall::printer::Printer;
use landfall::progress::Progress;
use landfall::surroundings::Surroundings;
use landfall::table::Table;
use landfall_cluster::Cluster;
use landfall_config::Name;
use landfall_config::environment::{Environment, StageFolder};
use landfall_pipeline::environments::{Destinations, destinations, stage, stage_names};
use landfall_pipeline::ledger::{self, Running, StageLedger};
use landfall_pipeline::publish::{Consignment, Place, RegistryAccess, look};
use landfall_pipeline::render::ImageName;
use landfall_pipeline::workspace::{Loaded, app_names, load};
use landfall_pipeline::{Error, Session};
use landfall_rollout::{ObjectKey, Record, Status, Summary};
use serde_json::Value;

use super::block_on;
use crate::age::age;
use crate::region::connect;

/// Kinds that run pods, and so have pods that are wanted and ready.
const WITH_PODS: [&str; 3] = ["Deployment", "StatefulSet", "DaemonSet"];

pub fn run(
    arguments: &Arguments,
    around: &Surroundings,
    printer: &Printer,
) -> Result<ExitCode, Failure> {
    let progress = Progress::new(around, printer);
    let session = around.session(&progress)?;
    let access = around.registry_access()?;
    let asked = asked(&session, arguments)?;
    let clusters = block_on(async { Ok(clusters(around, &asked).await) })?;
    let mut places = Vec::new();
    for (asked, cluster) in asked.iter().zip(clusters) {
        places.push(status(&session, &access, asked, cluster)?);
    }
    if arguments.json {
        printer.data(&json(&Answer { places })?)?;
        return Ok(ExitCode::SUCCESS);
    }
    for line in table(&places).lines() {
        printer.data(&line)?;
    }
    for reason in places.iter().flat_map(|place| &place.unknown) {
        printer.complain(&landfall::printer::clean_line(&format!("unknown: {reason}")));
    }
    Ok(ExitCode::SUCCESS)
}

/// One app in one region, and what its stage's ledger says.
struct Asked {
    app: Name,
    environment: Environment,
    running: Option<Running>,
}

fn asked(session: &Session<'_>, arguments: &Arguments) -> Result<Vec<Asked>, Failure> {
    let stages = match &arguments.stage {
        Some(stage) => vec![stage.clone()],
        None => stage_names(session)?,
    };
    let apps = match &arguments.app {
        Some(app) => vec![app.clone()],
        None => app_names(&session.workspace)?,
    };
    let region = arguments.region.as_deref().filter(|region| *region != "all");
    let apps = apps.iter().map(|app| load(session, app, &Default::default()));
    let apps = apps.collect::<Result<Vec<_>, _>>()?;
    let mut asked = Vec::new();
    for name in &stages {
        let stage = stage(session, name)?;
        // An app that does not go to a stage is no problem where all apps were asked for.
        let goes_there = |loaded: &&Loaded| stage.regions_of(&loaded.app).next().is_some();
        let is_named = arguments.app.is_some();
        let apps: Vec<_> = apps.iter().filter(|app| is_named || goes_there(app)).collect();
        if apps.is_empty() {
            continue;
        }
        let ledger = ledger::read(session, &stage)?;
        for loaded in apps {
            asked.extend(of_app(session, &stage, ledger.as_ref(), region, loaded)?);
        }
    }
    Ok(asked)
}

/// One app in the regions of a stage.
fn of_app(
    session: &Session<'_>,
    stage: &StageFolder,
    ledger: Option<&StageLedger>,
    region: Option<&str>,
    loaded: &Loaded,
) -> Result<Vec<Asked>, Failure> {
    let found = destinations(session, &loaded.app, stage.clone(), region, &[])?;
    let Destinations { environments, .. } = found;
    let app = &loaded.app.name.value;
    let asked = environments.into_iter().map(|environment| Asked {
        running: ledger.and_then(|ledger| ledger.running(app, &environment.region)),
        app: app.clone(),
        environment,
    });
    Ok(asked.collect())
}

/// What a cluster says of one app, or why it says nothing.
type Said = Result<Option<Deployed>, String>;

async fn clusters(around: &Surroundings, asked: &[Asked]) -> Vec<Said> {
    future::join_all(asked.iter().map(|asked| said(around, asked))).await
}

async fn said(around: &Surroundings, asked: &Asked) -> Said {
    let cluster = connect(around, &asked.environment).await;
    let cluster = cluster.map_err(|failure| failure.message())?;
    let (namespace, app) = (&asked.environment.namespace, asked.app.as_ref());
    let summaries = cluster.summaries(namespace, app).await;
    let summaries = summaries.map_err(|error| error.to_string())?;
    let Some(newest) = summaries.last() else { return Ok(None) };
    let deployed = summaries.iter().rev().find(|one| one.status == Some(Status::Deployed));
    let shown = deployed.unwrap_or(newest);
    let record = cluster.record(namespace, app, shown.revision).await;
    let record = record.map_err(|error| error.to_string())?;
    let (ready, wanted) = pods(&cluster, record.as_ref()).await?;
    Ok(Some(facts(shown, newest, ready, wanted)))
}

fn facts(shown: &Summary, newest: &Summary, ready: u64, wanted: u64) -> Deployed {
    let is_deployed = shown.status == Some(Status::Deployed);
    Deployed {
        digest: shown.digest.filter(|_| is_deployed),
        version: shown.version.clone(),
        revision: shown.revision,
        newest: newest.status.map_or("?", Status::word).into(),
        ready,
        wanted,
        since: shown.finished.clone().unwrap_or_else(|| shown.started.clone()),
        who: shown.who.clone(),
    }
}

/// Pods that are ready, and pods that are wanted, of everything that a release has.
async fn pods(cluster: &Cluster, record: Option<&Record>) -> Result<(u64, u64), String> {
    let objects = record.map(|record| record.objects.as_slice()).unwrap_or_default();
    let keys = objects.iter().filter_map(|object| ObjectKey::of(object).ok());
    let keys: Vec<_> = keys.filter(|key| WITH_PODS.contains(&key.kind.as_str())).collect();
    let live = cluster.get_all(&keys).await.map_err(|error| error.to_string())?;
    let number = |object: &Value, pointers: [&str; 2], otherwise: u64| {
        let found = pointers.iter().find_map(|pointer| object.pointer(pointer)?.as_u64());
        found.unwrap_or(otherwise)
    };
    let counts = live.iter().map(|live| match live {
        None => (0, 1),
        Some(live) => (
            number(live, ["/status/readyReplicas", "/status/numberReady"], 0),
            number(live, ["/spec/replicas", "/status/desiredNumberScheduled"], 1),
        ),
    });
    Ok(counts.fold((0, 0), |(ready, wanted), one| (ready + one.0, wanted + one.1)))
}

fn status(
    session: &Session<'_>,
    access: &RegistryAccess,
    asked: &Asked,
    said: Said,
) -> Result<PlaceStatus, Failure> {
    let mut unknown = Vec::new();
    let mut known = |result: Result<Option<Deployed>, String>| {
        result.unwrap_or_else(|reason| {
            unknown.push(reason);
            None
        })
    };
    let cluster = known(said);
    let registry = match &asked.running {
        None => None,
        Some(running) => match in_registry(session, access, asked, running)? {
            Ok(found) => Some(found),
            Err(error) => {
                unknown.push(Failure::from(error).message());
                None
            }
        },
    };
    let ledger = asked.running.as_ref().map(|running| Named {
        digest: running.digest,
        version: running.version.clone(),
        revision: running.revision.unwrap_or(0),
    });
    let state = state(ledger.as_ref(), cluster.as_ref(), registry, unknown.is_empty());
    Ok(PlaceStatus {
        app: asked.app.to_string(),
        stage: asked.environment.stage.to_string(),
        region: asked.environment.region.to_string(),
        agrees: state == "agrees",
        state: state.into(),
        ledger,
        cluster,
        registry,
        unknown,
    })
}

fn in_registry(
    session: &Session<'_>,
    access: &RegistryAccess,
    asked: &Asked,
    running: &Running,
) -> Result<Result<bool, Error>, Error> {
    let Running { digest, version, .. } = running;
    let tag = ImageName { digest: *digest, version: version.clone() }.tag();
    let consignment = Consignment { app: asked.app.clone(), digest: *digest, tag };
    let looks = look(session, access, &consignment, &[Place::of(&asked.environment)])?;
    Ok(looks.into_iter().next().map_or(Ok(false), |looked| looked.found))
}

/// The three beside each other, in a word.
fn state(
    ledger: Option<&Named>,
    cluster: Option<&Deployed>,
    registry: Option<bool>,
    is_known: bool,
) -> &'static str {
    match (ledger, cluster) {
        _ if registry == Some(false) => "missing in registry",
        _ if !is_known => "unknown",
        (None, None) => "nothing",
        (Some(_), None) => "not applied",
        (None, Some(_)) => "differs",
        (Some(ledger), Some(cluster)) if cluster.digest != Some(ledger.digest) => {
            if cluster.digest.is_none() { "not ready" } else { "differs" }
        }
        (Some(_), Some(cluster)) if cluster.newest != "deployed" => "not ready",
        (Some(_), Some(cluster)) if cluster.ready < cluster.wanted => "not ready",
        _ => "agrees",
    }
}

fn table(places: &[PlaceStatus]) -> Table {
    let mut table =
        Table::new(&["APP", "STAGE", "REGION", "VERSION", "DIGEST", "READY", "AGE", "STATE"]);
    let now = Surroundings::unix_seconds();
    for place in places {
        let nothing = || "-".to_owned();
        let (cluster, ledger) = (place.cluster.as_ref(), place.ledger.as_ref());
        let version = cluster.map(|cluster| &cluster.version);
        let digest = cluster.and_then(|cluster| cluster.digest);
        let digest = digest.or(ledger.map(|ledger| ledger.digest));
        table.row([
            place.app.clone(),
            place.stage.clone(),
            place.region.clone(),
            version.or(ledger.map(|ledger| &ledger.version)).cloned().unwrap_or_else(nothing),
            digest.map_or_else(nothing, |digest| digest.short()),
            cluster.map_or_else(nothing, |cluster| format!("{}/{}", cluster.ready, cluster.wanted)),
            cluster.map_or_else(nothing, |cluster| age(&cluster.since, now)),
            place.state.clone(),
        ]);
    }
    table
}
