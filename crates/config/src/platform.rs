//! What an image runs on.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::problems::Reason;

/// The grammar of [`Platform`], for the schema.
pub(crate) const PATTERN: &str = "^linux/(amd64|arm64(/v8)?)$";

/// An operating system and a processor, in the words of the Go toolchain as the OCI image
/// specification wants them (image-spec, image-index.md, "platform").
///
/// Only what can be built can be expressed. `linux/arm64/v8` is read as `linux/arm64`: the eighth
/// version is what every arm64 machine has, and runtimes take the two for equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Platform {
    architecture: Architecture,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Architecture {
    Amd64,
    Arm64,
}

impl Platform {
    /// Every platform that can be built, sorted: what an app has unless it says otherwise.
    pub const ALL: [Self; 2] =
        [Self { architecture: Architecture::Amd64 }, Self { architecture: Architecture::Arm64 }];

    /// The operating system by its Go name.
    pub fn os(self) -> &'static str {
        "linux"
    }

    /// The processor by its Go name.
    pub fn architecture(self) -> &'static str {
        match self.architecture {
            Architecture::Amd64 => "amd64",
            Architecture::Arm64 => "arm64",
        }
    }

    /// The processor's variant; none of the platforms that can be built has one.
    pub fn variant(self) -> Option<&'static str> {
        None
    }

    /// The target that a Rust binary is compiled for: linked statically against musl.
    pub fn rust_target(self) -> &'static str {
        match self.architecture {
            Architecture::Amd64 => "x86_64-unknown-linux-musl",
            Architecture::Arm64 => "aarch64-unknown-linux-musl",
        }
    }
}

impl FromStr for Platform {
    type Err = PlatformError;

    fn from_str(text: &str) -> Result<Self, PlatformError> {
        match text {
            "linux/amd64" => Ok(Self { architecture: Architecture::Amd64 }),
            "linux/arm64" | "linux/arm64/v8" => Ok(Self { architecture: Architecture::Arm64 }),
            _ => Err(PlatformError { text: text.to_owned() }),
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.os(), self.architecture())
    }
}

impl Serialize for Platform {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A text that is no platform that can be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the platform `{}` cannot be built", text.escape_debug())]
pub struct PlatformError {
    /// What was read.
    pub text: String,
}

impl Reason for PlatformError {
    const CODE: &'static str = "config::platform";
    const LABEL: &'static str = "no platform that can be built";

    fn helps(&self) -> Vec<String> {
        let all = "the platforms are `linux/amd64` and `linux/arm64`".to_owned();
        let meant =
            meant_platform(&self.text).map(|platform| format!("did you mean `{platform}`?"));
        meant.into_iter().chain([all]).collect()
    }
}

/// The platform behind the words of other tools.
fn meant_platform(text: &str) -> Option<&'static str> {
    let processor = text.rsplit('/').next().unwrap_or_default();
    match processor.to_ascii_lowercase().as_str() {
        "amd64" | "x86_64" | "x86-64" | "x64" => Some("linux/amd64"),
        "arm64" | "aarch64" => Some("linux/arm64"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_sorted_and_reads_back() {
        assert!(Platform::ALL.is_sorted());
        for platform in Platform::ALL {
            assert_eq!(platform.to_string().parse(), Ok(platform));
        }
        assert_eq!("linux/arm64/v8".parse(), "linux/arm64".parse::<Platform>());
    }

    #[test]
    fn refuses_what_cannot_be_built() {
        for text in
            ["", "linux", "amd64", "linux/arm/v7", "linux/amd64/v3", "windows/amd64", "Linux/amd64"]
        {
            assert!(text.parse::<Platform>().is_err(), "{text}");
        }
    }
}
