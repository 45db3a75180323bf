# A stand-in for nixpkgs, so that flake.nix can be evaluated where nixpkgs cannot be fetched.
#
# It has the packages named here and no others: a name that flake.nix uses and this list lacks is
# an error, so a slip in a name is found. Whether nixpkgs has a package of each name is not found
# here; whoever adds one looks that up. Functions do not build anything, they record what they
# were called with: `{ recorded = "mkShell"; arguments = …; }`.
let
  systems = [
    "x86_64-linux"
    "aarch64-linux"
  ];

  packageNames = [
    "buildah"
    "cargo-deny"
    "cargo-fuzz"
    "clippy"
    "containerd"
    "git"
    "go"
    "go-containerregistry"
    "libfaketime"
    "nix"
    "nixfmt-tree"
    "pigz"
    "python3"
    "qemu-user"
    "runc"
    "rustfmt"
    "rustup"
    "shadow"
    "skopeo"
    "umoci"
    "xz"
    "zstd"
  ];

  lib = {
    genAttrs =
      names: make:
      builtins.listToAttrs (
        map (name: {
          inherit name;
          value = make name;
        }) names
      );
    licenses.asl20.spdxId = "Apache-2.0";
  };

  record = recorded: arguments: { inherit recorded arguments; };

  packagesOf =
    system:
    lib.genAttrs packageNames (name: {
      recorded = "package";
      inherit name system;
    })
    // {
      inherit lib system;
      mkShell = record "mkShell";
      rustPlatform.buildRustPackage = record "buildRustPackage";
    };
in
{
  inherit lib;
  legacyPackages = lib.genAttrs systems packagesOf;
}
