//! Turns a package of a Cargo workspace into a statically linked binary, the same bytes everywhere.
//!
//! What is compiled is known before anything is started: [`discover`] reads the Cargo.toml files
//! and Cargo.lock, the caller hashes the [`Sources`], and [`Identity`] is what the build derivation
//! takes its id of. [`compile`] then copies exactly these files into a folder of its own, lets
//! cargo fetch the dependencies, and compiles without network and home folder.
//!
//! This crate knows no app.toml, no store and no image. It reads no environment, no home and no
//! clock: the front hands in [`ToolPlaces`] and the folders.
//!
//! What differs between two machines and is no input is the host's linker: build scripts and
//! procedural macros are programs of the machine that compiles, and are linked with its `cc`, as
//! cargo always does. They run during the compile and no byte of them is in the binary; the
//! binary itself is linked by the toolchain's own `rust-lld`.

mod binaries;
mod c_compiler;
mod compile;
mod confine;
mod error;
mod files;
mod full_disk;
mod identity;
mod layout;
mod lockfile;
mod manifest;
mod members;
mod process;
mod reach;
mod root_manifest;
mod sandbox;
mod shadow;
mod sources;
mod stamp;
mod toolchain;
mod vendor;
mod workspace;

pub use c_compiler::{CCompiler, RememberedCCompiler};
pub use compile::{Compile, Compiled, compile};
pub use confine::{Confinement, Helper, Probe, Walls, probe};
pub use error::CompileError;
pub use identity::{Identity, Settings};
pub use sandbox::confined_main;
pub use sources::{Sources, discover};
pub use toolchain::{RememberedToolchain, ToolPlaces, Toolchain};
