//! The folders that a compile sees, and the flags that keep their names out of the binary.

use std::path::{Path, PathBuf};

use crate::{CCompiler, Toolchain};

/// Where everything stands, as the compile itself sees it.
///
/// In its own mount namespace every compile sees the same folders below `/landfall`. Where the
/// kernel refuses that, it sees the real ones; the compiler is told in both cases to write the
/// names of the former, and the bytes are the same.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    /// The copy of the workspace.
    pub source: PathBuf,
    /// The dependencies' sources.
    pub vendor: PathBuf,
    /// What cargo writes; kept from compile to compile.
    pub target: PathBuf,
    /// `CARGO_HOME`: one configuration file that names the folder above.
    pub cargo: PathBuf,
    /// `HOME`: an empty folder.
    pub home: PathBuf,
    /// `TMPDIR`.
    pub temporary: PathBuf,
    /// Programs that stand in the place of a C compiler.
    pub tools: PathBuf,
    /// The toolchain.
    pub sysroot: PathBuf,
}

const ROOT: &str = "/landfall";
/// The program among the tools that stands in the place of a linker that this machine lacks.
pub(crate) const NO_LINKER: &str = "no-linker";

impl Layout {
    /// As seen inside the namespace.
    pub(crate) fn inside() -> Self {
        let at = |name: &str| Path::new(ROOT).join(name);
        Self {
            source: at("source"),
            vendor: at("vendor"),
            target: at("target"),
            cargo: at("cargo"),
            home: at("home"),
            temporary: at("temporary"),
            tools: at("tools"),
            sysroot: at("toolchain"),
        }
    }

    /// As they really are.
    pub(crate) fn outside(scratch: &Path, own: &Path, toolchain: &Toolchain) -> Self {
        Self {
            source: scratch.join("source"),
            vendor: own.join("vendor"),
            target: own.join("target"),
            cargo: scratch.join("cargo"),
            home: scratch.join("home"),
            temporary: scratch.join("temporary"),
            tools: scratch.join("tools"),
            sysroot: toolchain.sysroot().into(),
        }
    }

    /// The folders in a fixed order: those that are read, then those that are written.
    pub(crate) fn folders(&self) -> (Vec<&Path>, Vec<&Path>) {
        let read = [&self.source, &self.vendor, &self.home, &self.tools, &self.sysroot];
        let written = [&self.target, &self.cargo, &self.temporary];
        (read.map(PathBuf::as_path).into(), written.map(PathBuf::as_path).into())
    }

    /// The flags of rustc, exactly. Names of symbols are no part of a binary: they follow the
    /// text of the sources where the code does not, down to a comment.
    pub(crate) fn flags(&self, toolchain: &Toolchain) -> Vec<String> {
        let fixed = [
            "-Clinker=rust-lld",
            "-Clink-self-contained=yes",
            "-Ctarget-feature=+crt-static",
            "-Cstrip=symbols",
        ];
        let mut flags = fixed.map(str::to_owned).to_vec();
        let remap = |(from, to): (String, String)| format!("--remap-path-prefix={from}={to}");
        flags.extend(self.renamed(toolchain).map(remap));
        flags
    }

    /// The flags of a C compiler.
    pub(crate) fn c_flags(&self, toolchain: &Toolchain) -> String {
        let map = |(from, to): (String, String)| format!("-ffile-prefix-map={from}={to}");
        self.renamed(toolchain).map(map).collect::<Vec<_>>().join(" ")
    }

    /// Folders with the name that stands for each in a binary. The standard library's own
    /// sources, where they are installed, keep the name that they have where they are not.
    fn renamed(&self, toolchain: &Toolchain) -> impl Iterator<Item = (String, String)> {
        let inside = Self::inside();
        let library = self.sysroot.join("lib/rustlib/src/rust");
        let pairs = [
            (self.source.clone(), inside.source.display().to_string()),
            (self.vendor.clone(), inside.vendor.display().to_string()),
            (self.target.clone(), inside.target.display().to_string()),
            (library, toolchain.standard_library_name()),
        ];
        pairs.into_iter().map(|(from, to)| (from.display().to_string(), to))
    }

    /// The environment of the compile: all of it.
    pub(crate) fn environment(
        &self,
        toolchain: &Toolchain,
        target: &str,
        c_compiler: Option<&CCompiler>,
    ) -> Vec<(String, String)> {
        let text = |path: &Path| path.display().to_string();
        let mut variables = vec![
            ("CARGO_ENCODED_RUSTFLAGS".into(), self.flags(toolchain).join("\x1f")),
            ("CARGO_HOME".into(), text(&self.cargo)),
            ("CARGO_INCREMENTAL".into(), "0".into()),
            ("CARGO_TARGET_DIR".into(), text(&self.target)),
            ("CARGO_TERM_COLOR".into(), "never".into()),
            ("HOME".into(), text(&self.home)),
            ("LC_ALL".into(), "C".into()),
            ("RUSTC".into(), text(&self.sysroot.join("bin/rustc"))),
            ("SOURCE_DATE_EPOCH".into(), "1".into()),
            ("TMPDIR".into(), text(&self.temporary)),
            ("TZ".into(), "UTC".into()),
        ];
        variables.extend(self.host_linker(toolchain));
        variables.extend(self.c_variables(toolchain, target, c_compiler));
        variables
    }

    /// Without `c = true` what is called as a C compiler says how to allow one, and fails.
    fn c_variables(
        &self,
        toolchain: &Toolchain,
        target: &str,
        c_compiler: Option<&CCompiler>,
    ) -> Vec<(String, String)> {
        let text = |path: &Path| path.display().to_string();
        let rust = text(&self.sysroot.join("bin"));
        let Some(compiler) = c_compiler else {
            let stub = text(&self.tools.join("cc"));
            let path = format!("{}:{rust}", text(&self.tools));
            return vec![("PATH".into(), path), ("CC".into(), stub.clone()), ("CXX".into(), stub)];
        };
        let own = compiler.program().parent().map(text).unwrap_or_default();
        let name = target.replace('-', "_");
        vec![
            ("PATH".into(), format!("{rust}:{own}:/usr/bin:/bin")),
            (format!("CC_{name}"), text(compiler.program())),
            (format!("CFLAGS_{name}"), self.c_flags(toolchain)),
        ]
    }

    /// Flags do not reach what runs on this machine, since cargo is given `--target`; only the
    /// linker does. The driver looks for the programs that it calls beside itself, then in
    /// COMPILER_PATH.
    fn host_linker(&self, toolchain: &Toolchain) -> [(String, String); 2] {
        let none = self.tools.join(NO_LINKER);
        let linker = toolchain.host_linker().unwrap_or(&none);
        let host = toolchain.host().to_uppercase().replace('-', "_");
        let beside = linker.parent().unwrap_or(Path::new("/usr/bin"));
        [
            (format!("CARGO_TARGET_{host}_LINKER"), linker.display().to_string()),
            ("COMPILER_PATH".into(), beside.display().to_string()),
        ]
    }
}
