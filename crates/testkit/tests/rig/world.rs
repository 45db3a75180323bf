//! Regions of one test: what leads to them leads to the right ones.

use std::fs;
use std::path::Path;
use std::process::Command;

use landfall_testkit::{ControlPlane, Rig, RigError, World, succeed};

/// What kubectl says of a context of a kubeconfig file.
fn identity(control_plane: &ControlPlane, kubeconfig: &Path, context: &str) -> String {
    let mut kubectl = Command::new(control_plane.kubectl().get_program());
    kubectl.arg("--kubeconfig").arg(kubeconfig).args(["--context", context]);
    kubectl.args(["get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}"]);
    let answer = succeed(kubectl.env("HOME", kubeconfig.parent().expect("a folder")));
    String::from_utf8(answer.unwrap_or_else(|error| panic!("{error}"))).expect("a text")
}

#[test]
fn a_world_leads_a_workspace_to_its_servers() -> Result<(), RigError> {
    let rig = Rig::open()?;
    let world = World::start(&rig, &["seoul", "london"])?;
    let names: Vec<_> = world.regions().keys().map(String::as_str).collect();
    assert_eq!(names, ["london", "seoul"]);
    let workspace = tempfile::tempdir().expect("a folder");
    let stage = workspace.path().join("environments/prod");
    fs::create_dir_all(&stage).expect("a folder");
    for file in ["stage.toml", "london.toml", "seoul.toml"] {
        fs::write(stage.join(file), "").expect("a file");
    }
    world.lead(workspace.path())?;
    let kubeconfig = workspace.path().join("target/services/kubeconfig");
    for (name, region) in world.regions() {
        let identity = identity(&region.control_plane, &kubeconfig, name);
        assert_eq!(identity, region.control_plane.identity(), "{name}");
    }
    let text = world.local_toml(&[("prod", "london"), ("prod", "seoul")])?;
    let local_toml = workspace.path().join("environments/local.toml");
    assert_eq!(fs::read_to_string(&local_toml).expect("a file"), text);
    let seoul = &world.regions()["seoul"];
    let (_, section) = text.split_once("[prod.seoul]\n").expect("a section");
    let wanted = format!(
        "registry = \"{}/prod\"\nkubeconfig = \"target/services/kubeconfig\"\n\
         context = \"seoul\"\nkube_system_uid = \"{}\"\nnamespace = \"prod-{{{{ Name }}}}\"\n",
        seoul.registry.address(),
        seoul.control_plane.identity()
    );
    assert_eq!(section, wanted);
    fs::write(stage.join("virginia.toml"), "").expect("a file");
    let error = world.lead(workspace.path()).unwrap_err().to_string();
    assert_eq!(error, "nothing was started for the region `virginia`");
    Ok(())
}
