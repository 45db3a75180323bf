//! The name of a context in a kubeconfig.

use std::str::FromStr;

use crate::problems::Reason;

/// Any name that people can read; kubeconfigs of EKS use whole ARNs.
pub(crate) struct Context(pub(crate) String);

impl FromStr for Context {
    type Err = ContextError;

    fn from_str(text: &str) -> Result<Self, ContextError> {
        let is_name = !text.trim().is_empty() && !text.contains(char::is_control);
        is_name.then(|| Self(text.to_owned())).ok_or(ContextError)
    }
}

/// A text that names nothing.
#[derive(Debug, thiserror::Error)]
#[error("the context has no name that can be read")]
pub(crate) struct ContextError;

impl Reason for ContextError {
    const CODE: &'static str = "environment::context";
    const LABEL: &'static str = "not a context";

    fn helps(&self) -> Vec<String> {
        vec!["write a name that `kubectl config get-contexts` lists".to_owned()]
    }
}
