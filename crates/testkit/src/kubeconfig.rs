//! The text of a kubeconfig file that leads to control planes of the rig.

use std::path::PathBuf;

use data_encoding::BASE64;
use serde_json::{Value, json};

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";

/// One control plane: the name is that of its context, its cluster and its user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KubeconfigEntry {
    pub(crate) name: String,
    /// `https://127.0.0.1:PORT`.
    pub(crate) address: String,
    /// The bearer token of the user.
    pub(crate) token: String,
    pub(crate) authority: Authority,
}

/// Whom the client believes who the server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Authority {
    /// Every certificate in a file, which may be written later.
    File(PathBuf),
    /// One certificate in PEM, so that its hash can be a pin.
    Certificate(String),
}

impl Authority {
    /// The authority's own certificate: the API server writes it behind the one that it shows.
    pub(crate) fn last_of(certificates: &str) -> Option<Self> {
        let start = certificates.rfind(BEGIN)?;
        Some(Self::Certificate(certificates[start..].to_owned()))
    }
}

/// A kubeconfig whose current context is the first of `entries`; JSON is YAML too.
pub(crate) fn kubeconfig(entries: &[KubeconfigEntry]) -> Value {
    let list = |item: fn(&KubeconfigEntry) -> Value| entries.iter().map(item).collect::<Vec<_>>();
    json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": entries.first().map(|entry| &entry.name),
        "contexts": list(context),
        "clusters": list(cluster),
        "users": list(|entry| json!({ "name": entry.name, "user": { "token": entry.token } })),
    })
}

fn context(KubeconfigEntry { name, .. }: &KubeconfigEntry) -> Value {
    json!({ "name": name, "context": { "cluster": name, "user": name } })
}

fn cluster(entry: &KubeconfigEntry) -> Value {
    let cluster = match &entry.authority {
        Authority::File(path) => json!({ "server": entry.address, "certificate-authority": path }),
        Authority::Certificate(pem) => json!({
            "server": entry.address,
            "certificate-authority-data": BASE64.encode(pem.as_bytes()),
        }),
    };
    json!({ "name": entry.name, "cluster": cluster })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, authority: Authority) -> KubeconfigEntry {
        KubeconfigEntry {
            name: name.into(),
            address: "https://127.0.0.1:1".into(),
            token: "secret".into(),
            authority,
        }
    }

    #[test]
    fn the_first_of_several_contexts_is_the_current_one() {
        let pem = format!("{BEGIN}\nold\n-----END CERTIFICATE-----\n{BEGIN}\nnew\n");
        let authority = Authority::last_of(&pem).unwrap();
        assert_eq!(Authority::last_of("none"), None);
        let entries = [entry("london", Authority::File("/ca".into())), entry("seoul", authority)];
        let text = kubeconfig(&entries);
        assert_eq!(text["current-context"], "london");
        let context =
            json!({ "name": "seoul", "context": { "cluster": "seoul", "user": "seoul" } });
        assert_eq!(text["contexts"][1], context);
        assert_eq!(text["clusters"][0]["cluster"]["certificate-authority"], "/ca");
        let data = BASE64.encode(format!("{BEGIN}\nnew\n").as_bytes());
        assert_eq!(text["clusters"][1]["cluster"]["certificate-authority-data"], data);
        assert_eq!(text["users"][1], json!({ "name": "seoul", "user": { "token": "secret" } }));
    }
}
