//! `init` is whole or nothing: killed at each of its renames, the next one is right.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};

use landfall_testkit::Workspace;
use landfall_tests::deaths;

use crate::fetching::{done, run};

const SIGABRT: i32 = 6;

/// What was made before: an empty folder, and a workspace whose Cargo.lock gets one more package.
const BEFORE: [&[&str]; 2] = [&[], &["first"]];

/// One platform, because the compiler is not what is tested.
const BUILD: &str = "build hello --locked --platform linux/amd64";

/// A workspace in which some apps were made.
struct World {
    workspace: Workspace,
    before: &'static [&'static str],
}

impl World {
    fn new(before: &'static [&'static str]) -> Self {
        let workspace = Workspace::from_text("//- none/").expect("a folder");
        Self { workspace, before }
    }

    /// The same again in the same folder, so that the store knows what was compiled.
    fn begin(&self) {
        fs::remove_dir_all(self.workspace.root()).expect("the last round's files");
        fs::create_dir(self.workspace.root()).expect("a folder");
        self.before.iter().for_each(|name| drop(done(&self.workspace, &format!("init {name}"))));
    }

    fn files(&self) -> BTreeMap<PathBuf, String> {
        files(&self.workspace.root())
    }

    /// Whether `init hello` died there.
    fn dies(&self, failpoint: &str, pass: usize) -> bool {
        let mut init = self.workspace.command(&["init", "hello"]).expect("there is a landfall");
        let output = init.env("LANDFALL_FAILPOINT", format!("{failpoint}:{pass}")).output();
        let status = output.expect("landfall starts").status;
        assert!(status.success() || status.signal() == Some(SIGABRT), "{failpoint}: {status}");
        !status.success()
    }

    /// What holds after a death: the app is not there or whole, and the next `init` says which.
    fn mends(&self, failpoint: &str, wanted: &BTreeMap<PathBuf, String>) {
        let is_there = self.workspace.path("apps/hello").exists();
        assert_eq!(is_there, failpoint == "init::after-app-rename", "{failpoint}");
        let again = run(&self.workspace, "init hello");
        let said = again.stderr.contains("`apps/hello` exists");
        assert_eq!((again.status, said), (Some(i32::from(is_there)), is_there), "{}", again.stderr);
        assert_eq!(&self.files(), wanted, "{failpoint}");
    }
}

/// Every file below a folder with its text.
fn files(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let text = fs::read_to_string(&path).expect("a text");
            found.insert(path, text);
        }
    }
    found
}

#[test]
fn a_death_at_every_rename_is_mended_by_the_next_init() {
    for world in BEFORE.map(World::new) {
        world.begin();
        done(&world.workspace, "init hello");
        let (wanted, digest) = (world.files(), done(&world.workspace, BUILD));
        for failpoint in deaths::failpoints(deaths::INIT) {
            let mut deaths = 0;
            world.begin();
            while world.dies(failpoint, deaths + 1) {
                deaths += 1;
                world.mends(failpoint, &wanted);
                assert_eq!(done(&world.workspace, BUILD), digest, "{failpoint} {deaths}");
                world.begin();
            }
            assert!(deaths > 0, "{failpoint} is never reached after {:?}", world.before);
        }
    }
}

#[test]
fn what_a_death_left_disturbs_no_other_app() {
    let world = World::new(&[]);
    assert!(world.dies("init::before-app-rename", 1));
    assert!(world.workspace.path("apps/.hello.landfall").is_dir());
    done(&world.workspace, "init other");
    done(&world.workspace, "build other --locked --platform linux/amd64");
    done(&world.workspace, "init hello");
    assert!(!world.workspace.path("apps/.hello.landfall").exists());
}

#[test]
fn what_is_there_is_not_touched() {
    let text = "//- .gitignore\nmine\n//- environments/regions.toml\nparis = \"eu-west-3\"\n";
    let workspace = Workspace::from_text(text).expect("a workspace");
    let before = files(&workspace.root());
    done(&workspace, "init hello");
    let after = files(&workspace.root());
    assert_eq!(before.len(), 2);
    assert!(before.iter().all(|(path, text)| after.get(path) == Some(text)), "{after:?}");
}
