//! Two changes that began from one text.

use landfall_diagnostics::Source;
use landfall_release::{Change, Edit, Entry, LedgerError, set};

use crate::operation::{Operation, all, image, ledger, name, source};

fn edit(line: &str, text: &str) -> Edit {
    line.parse::<Operation>().unwrap().edit(text)
}

fn base() -> String {
    all("myapp stage a 1.0.0\nanother stage a 1.0.0", "")
}

#[test]
fn of_two_promotions_of_one_app_the_second_is_told() {
    let text = base();
    let [one, other] =
        ["b 1.1.0", "c 1.2.0"].map(|image| edit(&format!("myapp stage {image}"), &text));
    let won = Change { edits: vec![one] }.apply(&source(&text)).unwrap();
    let errors = Change { edits: vec![other] }.apply(&source(&won)).unwrap_err();
    let [error] = errors.try_into().unwrap_or_else(|_| panic!("one error"));
    assert_eq!(
        error.to_string(),
        "`myapp` has changed since: this began from revision 1, 1.0.0 (sha256:aaaaaaaaaaaa…), and \
         the ledger has revision 2, 1.1.0 (sha256:bbbbbbbbbbbb…)"
    );
    let problem = &error.problems()[0];
    assert_eq!(problem.labels[0].span.to_string(), "environments/prod/releases.toml:11:2");
    assert_eq!(problem.helps.len(), 1);
}

#[test]
fn promotions_of_different_apps_do_not_meet() {
    let text = base();
    let one = edit("myapp stage b 1.1.0", &text);
    let other = edit("another stage c 1.2.0", &text);
    let first = Change { edits: vec![one.clone()] }.apply(&source(&text)).unwrap();
    let both = Change { edits: vec![other.clone()] }.apply(&source(&first)).unwrap();
    assert_eq!(Ok(both), Change { edits: vec![other, one] }.apply(&source(&text)));
}

#[test]
fn a_group_is_written_whole_or_not_at_all_and_every_app_is_named() {
    let text = base();
    let edits: Vec<_> = ["myapp stage b 1.1.0", "another stage b 1.1.0", "newer stage b 1.1.0"]
        .map(|line| edit(line, &text))
        .into();
    let moved = all("myapp stage d 2\nnewer stage d 2", &text);
    let errors = Change { edits: edits.clone() }.apply(&source(&moved)).unwrap_err();
    let apps = errors.iter().map(|error| match error {
        LedgerError::Moved { app, .. } => app.to_string(),
        other => panic!("{other}"),
    });
    assert_eq!(apps.collect::<Vec<_>>(), ["myapp", "newer"]);
    assert!(errors[1].to_string().contains("this began from no block of it"));
    assert!(Change { edits }.apply(&source(&text)).is_ok());
}

#[test]
fn a_change_that_was_made_already_changes_nothing() {
    let text = base();
    let change = Change { edits: vec![edit("myapp stage b 1.1.0", &text)] };
    let once = change.apply(&source(&text)).unwrap();
    assert_eq!(change.apply(&source(&once)), Ok(once.clone()));
}

#[test]
fn a_block_that_is_gone_is_told() {
    let text = base();
    let change = Change { edits: vec![edit("myapp stage b 1.1.0", &text)] };
    let error = change.apply(&source("format = 1\n")).unwrap_err().remove(0);
    assert!(error.to_string().ends_with("and the ledger has no block of it"), "{error}");
    assert!(error.problems()[0].labels.is_empty());
}

#[test]
fn what_cannot_be_read_is_not_written() {
    let broken = Source::new("environments/prod/releases.toml", "format = 2\n");
    let error = set(&broken, &name("myapp"), &Entry::first(image("a", "1"))).unwrap_err();
    assert_eq!(error.to_string(), "cannot read the ledger `environments/prod/releases.toml`");
    assert_eq!(error.problems()[0].code, "ledger::format");
}

#[test]
fn a_revision_only_grows() {
    let text = all("myapp stage b 1.1.0", &base());
    let error = set(&source(&text), &name("myapp"), &Entry::first(image("c", "1"))).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the revision of `myapp` only grows: the ledger has 2, and 1 was to be written"
    );
    assert_eq!(error.problems()[0].code, "ledger::revision");
}

#[test]
fn the_key_of_the_file_is_no_app() {
    let error = set(&source(""), &name("format"), &Entry::first(image("a", "1"))).unwrap_err();
    assert_eq!(error, LedgerError::Name { app: name("format") });
    assert_eq!(error.problems()[0].helps, ["give the app another name"]);
}

#[test]
fn ten_digests_and_what_regions_run_can_be_gone_back_to() {
    let versions = (1..=14).map(|number| format!("myapp stage {number:x} {number}\n"));
    let lines = versions.collect::<String>();
    let text = all(&lines, &all("myapp stage 0 0\nmyapp region seoul 0 0 hold", ""));
    let entry = Entry::of(&ledger(&text), &name("myapp")).unwrap();
    let kept: Vec<_> = entry.previous.iter().map(|one| one.image.version.as_str()).collect();
    assert_eq!(kept, ["13", "12", "11", "10", "9", "8", "7", "6", "5", "4", "0"]);
    assert_eq!(entry.revision, 16);
    assert_eq!(entry.running(&name("seoul")).image, image("0", "0"));
    assert_eq!(entry.running(&name("london")).image, image("e", "14"));
}

#[test]
fn going_back_and_forth_makes_no_list_longer() {
    let lines = "myapp stage a 1\nmyapp stage b 2\n".repeat(20);
    let entry = Entry::of(&ledger(&all(&lines, "")), &name("myapp")).unwrap();
    let kept: Vec<_> =
        entry.previous.iter().map(|one| (one.revision, &*one.image.version)).collect();
    assert_eq!(kept, [(39, "1"), (38, "2")]);
    assert_eq!(entry.revision, 40);
}
