//! Every fixture image in an OCI layout, and the rig that judges it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::OnceLock;

use landfall_testkit::{ImageLayout, Rig, Workspace};
use landfall_tests::apps;

/// Built once in this process; each test only reads it.
pub struct World {
    /// Judges.
    pub rig: Rig,
    /// Where the fixtures stand, with a store that has them all.
    pub workspace: Workspace,
    /// Images by app.
    pub images: BTreeMap<String, ImageLayout>,
    /// What `build` printed, by app.
    pub digests: BTreeMap<String, String>,
}

/// The one world.
pub fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let rig = Rig::open().unwrap_or_else(|error| panic!("the rig cannot be had: {error}"));
        let workspace = apps::workspace();
        let digests = digests(&run(&workspace, &["build", "--all"]));
        let images = digests.keys().map(|app| (app.clone(), layout(&workspace, app)));
        World { rig, images: images.collect(), digests, workspace }
    })
}

/// A command that must go well, and what it printed.
pub fn run(workspace: &Workspace, arguments: &[&str]) -> String {
    let outcome = workspace.landfall(arguments).expect("landfall starts");
    assert_eq!(outcome.status, Some(0), "{arguments:?}: {}", outcome.stderr);
    outcome.stdout
}

fn digests(lines: &str) -> BTreeMap<String, String> {
    let pairs = lines.lines().map(|line| line.split_once(' ').expect("APP DIGEST"));
    pairs.map(|(app, digest)| (app.to_owned(), digest.to_owned())).collect()
}

fn layout(workspace: &Workspace, app: &str) -> ImageLayout {
    let folder = workspace.path(&format!("layouts/{app}"));
    std::fs::create_dir_all(folder.parent().expect("a folder")).expect("a folder");
    run(workspace, &["build", app, "--output", &format!("oci:{}", folder.display())]);
    ImageLayout::open(&folder, None).unwrap_or_else(|error| panic!("{app}: {error}"))
}

/// The checkout's root.
pub fn checkout() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().expect("the checkout").into()
}

/// `apps/myapp` of this checkout, built once in this process into a store of its own.
pub fn myapp() -> &'static (Workspace, ImageLayout, String) {
    static BUILT: OnceLock<(Workspace, ImageLayout, String)> = OnceLock::new();
    BUILT.get_or_init(|| {
        let workspace = Workspace::from_text("//- out/").expect("a folder");
        let folder = workspace.path("myapp");
        let output = format!("oci:{}", folder.display());
        let root = checkout().display().to_string();
        let digest = run(
            &workspace,
            &["build", "myapp", "--locked", "--workspace", &root, "--output", &output],
        );
        let image = ImageLayout::open(&folder, None).expect("a layout");
        (workspace, image, digest.trim().to_owned())
    })
}

/// Every image that is judged: the fixtures' and `myapp`'s.
pub fn images() -> impl Iterator<Item = (&'static str, &'static ImageLayout)> {
    let fixtures = world().images.iter().map(|(app, image)| (app.as_str(), image));
    fixtures.chain([("myapp", &myapp().1)])
}

/// What `build` printed for an app of [`images`].
pub fn digest(app: &str) -> &'static str {
    world().digests.get(app).unwrap_or(&myapp().2)
}

/// Platforms that an image lists.
pub fn platforms(image: &ImageLayout) -> Vec<&'static str> {
    ["linux/amd64", "linux/arm64"]
        .into_iter()
        .filter(|platform| image.manifest(platform).is_ok())
        .collect()
}
