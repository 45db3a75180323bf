//! Tools that come as a whole: pinned in `tests/tools.txt` by version and content.

use std::path::PathBuf;
use std::process::Command;

use crate::paths::{root, target};
use crate::process;

/// The folder of their programs. Installed where the list has changed; where that is refused the
/// folder may lack them, which whoever looks for a program finds out.
pub fn programs() -> PathBuf {
    let (list, folder) = (root().join("tests/tools.txt"), target().join("tools/wheel"));
    let wanted = std::fs::read(&list).unwrap_or_default();
    let stamp = folder.join("tools.txt");
    if std::fs::read(&stamp).unwrap_or_default() != wanted {
        let words =
            ["-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--upgrade"];
        let mut pip = Command::new("python3");
        pip.args(words).arg("--target").arg(&folder).arg("--requirement").arg(list);
        match process::run(&mut pip)
            .and_then(|()| std::fs::write(&stamp, wanted).map_err(|error| error.to_string()))
        {
            Ok(()) => {}
            Err(message) => eprintln!("xtask: the pinned tools cannot be installed: {message}"),
        }
    }
    folder.join("bin")
}
