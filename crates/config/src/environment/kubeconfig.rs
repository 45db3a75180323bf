//! Where a kubeconfig of this machine lies.

use std::str::FromStr;

use landfall_tree::EntryPath;

use crate::problems::Reason;

/// A path below the workspace's root: what a file of the repository names stays within it.
pub(crate) struct Kubeconfig(pub(crate) EntryPath);

impl FromStr for Kubeconfig {
    type Err = KubeconfigError;

    fn from_str(text: &str) -> Result<Self, KubeconfigError> {
        let path = text.parse::<EntryPath>().ok().filter(|path| !path.is_root());
        path.map(Self).ok_or_else(|| KubeconfigError { text: text.to_owned() })
    }
}

/// A path that leads out of the workspace, or nowhere.
#[derive(Debug, thiserror::Error)]
#[error("the kubeconfig `{}` is not below the workspace's folder", text.escape_debug())]
pub(crate) struct KubeconfigError {
    text: String,
}

impl Reason for KubeconfigError {
    const CODE: &'static str = "environment::kubeconfig";
    const LABEL: &'static str = "not a path below the workspace";

    fn helps(&self) -> Vec<String> {
        vec![
            "write a relative path without `..`, as in `target/services/kubeconfig`".to_owned(),
            "clusters of your own kubeconfig stand in a region's file, by their context".to_owned(),
        ]
    }
}
