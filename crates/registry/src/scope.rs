//! What a token is asked to allow.

use std::collections::BTreeMap;

use crate::Repository;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Access {
    Pull,
    PullAndPush,
}

/// Rights on repositories (distribution's token specification, "Resource scope").
///
/// They are ours, never those that a registry names in its challenge: it could ask for more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scope(BTreeMap<Repository, Access>);

impl Scope {
    pub(crate) fn pull(repository: &Repository) -> Self {
        Self(BTreeMap::from([(repository.clone(), Access::Pull)]))
    }

    pub(crate) fn push(repository: &Repository) -> Self {
        Self(BTreeMap::from([(repository.clone(), Access::PullAndPush)]))
    }

    /// Also reads another repository, to mount a blob from it.
    pub(crate) fn reading(mut self, other: &Repository) -> Self {
        self.0.entry(other.clone()).or_insert(Access::Pull);
        self
    }

    /// Whether whoever may do this may do the other too.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        other.0.iter().all(|(repository, access)| self.0.get(repository) >= Some(access))
    }

    /// The values of the `scope` parameters.
    pub(crate) fn texts(&self) -> Vec<String> {
        let actions = |access: &Access| match access {
            Access::Pull => "pull",
            Access::PullAndPush => "pull,push",
        };
        let text = |(repository, access)| format!("repository:{repository}:{}", actions(access));
        self.0.iter().map(text).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_rights_and_knows_which_are_more() {
        let [a, b] = ["a", "b"].map(|name| name.parse::<Repository>().unwrap());
        let both = Scope::push(&a).reading(&b);
        assert_eq!(both.texts(), ["repository:a:pull,push", "repository:b:pull"]);
        assert!(both.covers(&Scope::pull(&a)) && both.covers(&Scope::pull(&b)));
        assert!(!both.covers(&Scope::push(&b)) && !Scope::pull(&a).covers(&Scope::push(&a)));
        assert_eq!(Scope::push(&a).reading(&a), Scope::push(&a));
    }
}
