//! What `.ci/run` looks for is what the rig needs.

use std::collections::BTreeSet;

use landfall_testkit::prerequisites::{ALL, Source};

use crate::world::checkout;

#[test]
fn ci_looks_for_every_program_that_debian_has_and_for_no_other() {
    let script = std::fs::read_to_string(checkout().join(".ci/run")).expect(".ci/run");
    let list = script.split("for program in ").nth(1).and_then(|rest| rest.split("; do").next());
    let list = list.expect("`for program in …; do`").replace('\\', " ");
    let debian = ALL.iter().filter(|wanted| matches!(wanted.source, Source::Debian(_)));
    let wanted: BTreeSet<_> = debian.map(|wanted| wanted.program).collect();
    assert_eq!(list.split_whitespace().collect::<BTreeSet<_>>(), wanted);
}
