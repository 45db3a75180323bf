{
  description = "Container images the Nix way, with the same digest in every region";

  # The only input. `tests/nix/check.sh` evaluates what follows with a stand-in for it.
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      systems = [
        "x86_64-linux"
        "aarch64-linux"
      ];
      onEachSystem = make: nixpkgs.lib.genAttrs systems (system: make nixpkgs.legacyPackages.${system});

      # One source and one set of fetched crates, for the binary and for all that looks at it.
      buildFromWorkspace =
        pkgs: more:
        pkgs.rustPlatform.buildRustPackage (
          {
            version = (builtins.fromTOML (builtins.readFile ./Cargo.toml)).workspace.package.version;
            src = self;
            cargoLock.lockFile = ./Cargo.lock;
          }
          // more
        );

      landfall =
        pkgs:
        buildFromWorkspace pkgs {
          pname = "landfall";
          cargoBuildFlags = [
            "-p"
            "landfall"
          ];
          # The tests inside the crates. Those in `tests/` want servers, container runtimes and the
          # musl targets of rustup, which a Nix build does not have: `cargo xtask test` runs them.
          cargoTestFlags = [
            "--workspace"
            "--lib"
            "--bins"
          ];
          meta = {
            description = "Builds container images from app.toml, the same bytes everywhere";
            license = pkgs.lib.licenses.asl20;
            mainProgram = "landfall";
            platforms = systems;
          };
        };

      # A look at the sources that leaves nothing behind but the mark that they passed.
      look =
        pkgs: name: tool: command:
        buildFromWorkspace pkgs {
          pname = "landfall-${name}";
          nativeBuildInputs = [ tool ];
          buildPhase = command;
          doCheck = false;
          installPhase = "touch $out";
        };
    in
    {
      packages = onEachSystem (pkgs: {
        default = landfall pkgs;
        landfall = landfall pkgs;
      });

      checks = onEachSystem (pkgs: {
        # Its check phase runs the tests.
        landfall = landfall pkgs;
        fmt = look pkgs "fmt" pkgs.rustfmt "cargo fmt --all --check";
        clippy = look pkgs "clippy" pkgs.clippy "cargo clippy --workspace --all-targets --offline -- -D warnings";
      });

      devShells = onEachSystem (pkgs: {
        default = pkgs.mkShell {
          packages = [
            # To build. rustup, because it brings the musl targets and follows rust-toolchain.toml.
            pkgs.cargo-deny
            pkgs.cargo-fuzz
            pkgs.git
            pkgs.go
            pkgs.python3
            pkgs.rustup

            # To judge and to run what was built.
            pkgs.buildah
            pkgs.containerd
            pkgs.go-containerregistry
            pkgs.libfaketime
            pkgs.nix
            pkgs.qemu-user
            pkgs.runc
            pkgs.shadow
            pkgs.skopeo
            pkgs.umoci

            # To compare with.
            pkgs.pigz
            pkgs.xz
            pkgs.zstd
          ];
        };
      });

      formatter = onEachSystem (pkgs: pkgs.nixfmt-tree);
    };
}
