# What flake.nix has to offer, evaluated with the stand-in for nixpkgs: the list of complaints,
# empty where all is well.
#
# `root` is the absolute path of the repository, as a string.
{ root }:
let
  repository = /. + root;
  flake = import (repository + "/flake.nix");
  self = {
    outPath = "the-source-of-the-flake";
  };
  outputs = flake.outputs {
    inherit self;
    nixpkgs = import ./stand-in.nix;
  };

  workspace = (builtins.fromTOML (builtins.readFile (repository + "/Cargo.toml"))).workspace;
  systems = [
    "aarch64-linux"
    "x86_64-linux"
  ];
  tools = [
    "buildah"
    "cargo-deny"
    "cargo-fuzz"
    "containerd"
    "go"
    "go-containerregistry"
    "libfaketime"
    "nix"
    "pigz"
    "python3"
    "qemu-user"
    "runc"
    "rustup"
    "shadow"
    "skopeo"
    "umoci"
    "xz"
    "zstd"
  ];

  # The packages of the workspace: the names in `crates/*/Cargo.toml`.
  crateNames =
    let
      folders = builtins.attrNames (builtins.readDir (repository + "/crates"));
      cargoToml = folder: repository + "/crates/${folder}/Cargo.toml";
      named = builtins.filter (folder: builtins.pathExists (cargoToml folder)) folders;
    in
    map (
      folder: (builtins.fromTOML (builtins.readFile (cargoToml folder))).package.name
    ) named;

  # A complaint where `fact` does not hold.
  want = fact: complaint: if fact then [ ] else [ complaint ];

  wantAttrs =
    place: wanted: set:
    want (
      builtins.attrNames set == builtins.sort (a: b: a < b) wanted
    ) "${place}: wanted ${toString wanted}, found ${toString (builtins.attrNames set)}";

  aboutInputs =
    wantAttrs "inputs" [ "nixpkgs" ] flake.inputs
    ++ want (
      flake.inputs.nixpkgs.url == "github:NixOS/nixpkgs/nixos-unstable"
    ) "inputs.nixpkgs: another place, ${flake.inputs.nixpkgs.url}";

  aboutShape =
    wantAttrs "outputs" [
      "checks"
      "devShells"
      "formatter"
      "packages"
    ] outputs
    ++ builtins.concatMap (kind: wantAttrs kind systems outputs.${kind}) (builtins.attrNames outputs);

  # What every call of buildRustPackage in this flake has to point at.
  aboutBuild =
    place: build:
    let
      given = build.arguments;
    in
    want (build.recorded == "buildRustPackage") "${place}: made by ${build.recorded}"
    ++ want (given.src == self) "${place}: src is not the flake itself"
    ++ want (
      given.version == workspace.package.version
    ) "${place}: version ${given.version}, but Cargo.toml says ${workspace.package.version}"
    ++ want (
      given.cargoLock.lockFile == repository + "/Cargo.lock"
    ) "${place}: lockFile is ${toString given.cargoLock.lockFile}"
    ++ want (builtins.pathExists given.cargoLock.lockFile) "${place}: there is no Cargo.lock";

  aboutPackage =
    place: build:
    let
      given = build.arguments;
    in
    aboutBuild place build
    ++ want (builtins.elem given.pname crateNames) "${place}: no crate is named ${given.pname}"
    ++ want (
      given.cargoBuildFlags == [
        "-p"
        given.pname
      ]
    ) "${place}: builds ${toString given.cargoBuildFlags}"
    ++ want (given.doCheck or true) "${place}: its tests are switched off"
    ++ want (
      given.meta.mainProgram == given.pname
    ) "${place}: mainProgram is ${given.meta.mainProgram}"
    ++ want (
      given.meta.license.spdxId == workspace.package.license
    ) "${place}: license is ${given.meta.license.spdxId}";

  aboutLook =
    place: tool: system: build:
    let
      given = build.arguments;
      used = map (package: "${package.name} of ${package.system}") given.nativeBuildInputs;
    in
    aboutBuild place build
    ++ want (used == [ "${tool} of ${system}" ]) "${place}: made with ${toString used}"
    ++ want (builtins.match "cargo .+" given.buildPhase != null) "${place}: runs ${given.buildPhase}"
    ++ want (given.installPhase == "touch $out") "${place}: leaves ${given.installPhase}";

  aboutShell =
    place: system: shell:
    let
      found = map (package: package.name) shell.arguments.packages;
      foreign = builtins.filter (package: package.system != system) shell.arguments.packages;
      missing = builtins.filter (tool: !builtins.elem tool found) tools;
    in
    want (shell.recorded == "mkShell") "${place}: made by ${shell.recorded}"
    ++ want (missing == [ ]) "${place}: without ${toString missing}"
    ++ want (foreign == [ ]) "${place}: packages of another system";

  aboutSystem =
    system:
    let
      packages = outputs.packages.${system};
      checks = outputs.checks.${system};
      shells = outputs.devShells.${system};
      formatter = outputs.formatter.${system};
    in
    wantAttrs "packages.${system}" [
      "default"
      "landfall"
    ] packages
    ++ aboutPackage "packages.${system}.landfall" packages.landfall
    ++ want (packages.default == packages.landfall) "packages.${system}.default: is not landfall"
    ++ wantAttrs "checks.${system}" [
      "clippy"
      "fmt"
      "landfall"
    ] checks
    ++ want (checks.landfall == packages.landfall) "checks.${system}.landfall: is not the package"
    ++ aboutLook "checks.${system}.fmt" "rustfmt" system checks.fmt
    ++ aboutLook "checks.${system}.clippy" "clippy" system checks.clippy
    ++ wantAttrs "devShells.${system}" [ "default" ] shells
    ++ aboutShell "devShells.${system}.default" system shells.default
    ++ want (
      formatter.recorded == "package" && formatter.system == system
    ) "formatter.${system}: is no package of ${system}";

  # Where an output is missing, what it should hold need not be asked.
  outside = aboutInputs ++ aboutShape;
in
if outside != [ ] then outside else builtins.concatMap aboutSystem systems
