//! What the commands that operate may know: kubeconfigs, who acts, what time it is, where to tell.

#![allow(clippy::disallowed_methods, reason = "this is the place that reads the environment")]

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use super::{Surroundings, home, variable};

impl Surroundings {
    /// The user's kubeconfig files, in the order in which they count.
    pub fn kubeconfigs(&self) -> Vec<PathBuf> {
        match variable("KUBECONFIG") {
            Some(paths) => {
                std::env::split_paths(&paths).filter(|path| !path.as_os_str().is_empty()).collect()
            }
            None => home()
                .map(|home| home.join(".kube/config"))
                .into_iter()
                .filter(|path| path.is_file())
                .collect(),
        }
    }

    /// `USER@HOST PROCESS`: tells two runs apart, and people who it was.
    pub fn holder(&self) -> String {
        format!("{}@{} {}", self.user(), host(), std::process::id())
    }

    /// Who acts, for people.
    pub fn user(&self) -> String {
        let named = ["LANDFALL_USER", "GITHUB_ACTOR", "GITLAB_USER_LOGIN", "USER", "LOGNAME"];
        let found = named.into_iter().find_map(variable);
        found.map_or_else(|| "somebody".into(), |name| name.to_string_lossy().into_owned())
    }

    /// Whether a holder is a process of this machine that has ended.
    pub fn has_ended(holder: &str) -> bool {
        let Some((who, process)) = holder.rsplit_once(' ') else { return false };
        let here = who.rsplit_once('@').is_some_and(|(_, name)| name == host());
        let number = process.parse::<u32>().is_ok();
        here && number && !PathBuf::from("/proc").join(process).exists()
    }

    /// Seconds since 1970.
    pub fn unix_seconds() -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
    }

    /// The URL of Slack's incoming webhook, which is a secret: it is shown nowhere.
    pub fn slack_webhook(&self) -> Option<String> {
        variable("LANDFALL_SLACK_WEBHOOK").and_then(|url| url.into_string().ok())
    }
}

/// The machine's name; two processes of one name share their process numbers.
fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    if name.is_empty() { "here".into() } else { name.into() }
}
