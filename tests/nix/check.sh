#!/bin/sh
# Parses flake.nix and evaluates all of its outputs with a stand-in for nixpkgs.
#
# It needs `nix-instantiate` (Debian: apt-get install nix-bin), and neither the network, nor a Nix
# daemon, nor a store. What it cannot see: whether nixpkgs still has the packages named, and
# whether the builds succeed. Exit status: 0 as wanted, 1 not so, 2 nix-instantiate is missing.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$(CDPATH='' cd -- "$here/../.." && pwd)

if ! command -v nix-instantiate >/dev/null; then
    echo "flake.nix was not checked: nix-instantiate is missing (Debian: apt-get install nix-bin)" >&2
    exit 2
fi

# An empty home and a store that is none, so that nothing of this machine takes part.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export HOME="$scratch" NIX_CONF_DIR="$scratch" NIX_STATE_DIR="$scratch/state" NIX_PATH=
unset NIX_CONFIG NIX_REMOTE NIX_USER_CONF_FILES

for file in "$root/flake.nix" "$here"/*.nix; do
    nix-instantiate --parse --store dummy:// "$file" >/dev/null
done

complaints=$(nix-instantiate --eval --strict --json --store dummy:// \
    --argstr root "$root" "$here/expectations.nix")
if [ "$complaints" != "[]" ]; then
    echo "flake.nix is not as wanted:" >&2
    printf '%s\n' "$complaints" | sed 's/^\[//; s/\]$//; s/","/"\n"/g' >&2
    exit 1
fi
echo "flake.nix: as wanted, with a stand-in for nixpkgs"
