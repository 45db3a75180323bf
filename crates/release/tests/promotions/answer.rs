//! What comes of a question: where each digest goes and what the ledger says then, or every
//! refusal.
//!
//! `APP… to STAGE [from STAGE] [digest LETTER] [found LETTER VERSION]` is a promotion, `although
//! STAGE` one from there that nobody asked for, `push APP LETTER VERSION to STAGE[.REGION]` a push.

use std::fmt::Write;

use landfall_config::{App, Name};
use landfall_release::{
    Candidate, Change, FromStage, ImageVersion, Promotion, Refusal, Request, ToStage, Wanted,
    promote, recorded, source_stage,
};

use crate::case::{Case, shown};

pub fn to(case: &Case) -> String {
    let words: Vec<_> = case.question.iter().map(String::as_str).collect();
    match &words[..] {
        ["push", app, digest, version, "to", place] => {
            push(case, app, &image(digest, version), place)
        }
        _ => promotion(case, &words),
    }
}

fn promotion(case: &Case, words: &[&str]) -> String {
    let (apps, options) = words.split_at(words.iter().position(|word| *word == "to").unwrap());
    let option = |name: &str| options.windows(2).find(|pair| pair[0] == name).map(|pair| pair[1]);
    let told = option("from").map(name);
    let to = case.stage(option("to").unwrap());
    let unsaid = option("although").map(name);
    let source = match source_stage(&to.stage, unsaid.as_ref().or(told.as_ref())) {
        Ok(source) => case.stage(source.as_str()),
        Err(refusal) => return refused(&[refusal]),
    };
    let wanted = match (option("digest"), option("found")) {
        (Some(digest), _) => Wanted::Digest(image(digest, "").digest),
        (_, Some(found)) => Wanted::Found(image(found, options.last().unwrap())),
        _ => Wanted::Standing,
    };
    let apps: Vec<App> = apps.iter().map(|app| case.app(app)).collect();
    let requests = apps.iter().map(|app| Request { app, wanted: wanted.clone() });
    let requests: Vec<_> = requests.collect();
    let ((ledger, text), (source_ledger, _)) = (case.ledger(&to), case.ledger(&source));
    let is_told = told.is_some();
    let from = FromStage { stage: &source.stage, ledger: &source_ledger, is_told };
    match promote(from, ToStage { folder: &to, ledger: &ledger }, &requests) {
        Ok(promotion) => show(&promotion) + &promotion.change().apply(&text).unwrap(),
        Err(refusals) => refused(&refusals),
    }
}

fn push(case: &Case, app: &str, image: &ImageVersion, place: &str) -> String {
    let (stage, region) = place.split_once('.').unwrap_or((place, ""));
    let stage = case.stage(stage);
    let (ledger, text) = case.ledger(&stage);
    let region: Option<Name> = region.parse().ok();
    match recorded(&stage, &ledger, &case.app(app), region.as_ref(), image) {
        Ok(Some(edit)) if edit.is_change() => Change { edits: vec![edit] }.apply(&text).unwrap(),
        Ok(Some(_)) => "nothing to do\n".into(),
        Ok(None) => "no ledger is kept\n".into(),
        Err(refusal) => refused(&[refusal]),
    }
}

fn show(promotion: &Promotion) -> String {
    let Promotion { from, to, skipped, candidates } = promotion;
    let mut text = format!("from {from} to {to}\n");
    skipped.iter().for_each(|skipped| writeln!(text, "past {skipped}").unwrap());
    candidates.iter().for_each(|candidate| show_candidate(candidate, &mut text));
    text + "--\n"
}

fn show_candidate(candidate: &Candidate, text: &mut String) {
    let Candidate { image, course, regions, held, edit } = candidate;
    let regions: Vec<_> = regions.iter().map(Name::as_str).collect();
    writeln!(text, "{}: {course:?} {image} in {}", edit.app, regions.join(" ")).unwrap();
    for (region, standing) in held {
        writeln!(text, "  {region} is on hold at {}", standing.image).unwrap();
    }
}

fn refused(refusals: &[Refusal]) -> String {
    shown(&refusals.iter().map(Refusal::problem).collect::<Vec<_>>())
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

/// The digest that is 64 times a letter.
fn image(letter: &str, version: &str) -> ImageVersion {
    let digest = format!("sha256:{}", letter.repeat(64)).parse().unwrap();
    ImageVersion { digest, version: version.to_owned() }
}
