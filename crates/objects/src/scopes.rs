//! Which kinds live in a namespace, as far as that is known without asking a cluster.

/// Kinds of Kubernetes itself that belong to no namespace, by group: those marked
/// `+genclient:nonNamespaced` in `k8s.io/api`, `k8s.io/apiextensions-apiserver` and
/// `k8s.io/kube-aggregator` 0.36.
const OF_CLUSTER: [(&str, &[&str]); 16] = [
    ("", &["ComponentStatus", "Namespace", "Node", "PersistentVolume"]),
    (
        "admissionregistration.k8s.io",
        &[
            "MutatingAdmissionPolicy",
            "MutatingAdmissionPolicyBinding",
            "MutatingWebhookConfiguration",
            "ValidatingAdmissionPolicy",
            "ValidatingAdmissionPolicyBinding",
            "ValidatingWebhookConfiguration",
        ],
    ),
    ("apiextensions.k8s.io", &["CustomResourceDefinition"]),
    ("apiregistration.k8s.io", &["APIService"]),
    ("authentication.k8s.io", &["SelfSubjectReview", "TokenReview"]),
    (
        "authorization.k8s.io",
        &["SelfSubjectAccessReview", "SelfSubjectRulesReview", "SubjectAccessReview"],
    ),
    ("certificates.k8s.io", &["CertificateSigningRequest", "ClusterTrustBundle"]),
    ("flowcontrol.apiserver.k8s.io", &["FlowSchema", "PriorityLevelConfiguration"]),
    ("internal.apiserver.k8s.io", &["StorageVersion"]),
    ("networking.k8s.io", &["IPAddress", "IngressClass", "ServiceCIDR"]),
    ("node.k8s.io", &["RuntimeClass"]),
    ("rbac.authorization.k8s.io", &["ClusterRole", "ClusterRoleBinding"]),
    (
        "resource.k8s.io",
        &["DeviceClass", "DeviceTaintRule", "ResourcePoolStatusRequest", "ResourceSlice"],
    ),
    ("scheduling.k8s.io", &["PriorityClass"]),
    (
        "storage.k8s.io",
        &["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment", "VolumeAttributesClass"],
    ),
    ("storagemigration.k8s.io", &["StorageVersionMigration"]),
];

/// The other groups of Kubernetes itself (`register.go` in `k8s.io/api` 0.36).
const OF_NAMESPACES: [&str; 8] = [
    "apps",
    "autoscaling",
    "batch",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "extensions",
    "policy",
];

/// Where an object of a kind lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    Cluster,
    Namespace,
    /// A kind that somebody defined: only a cluster knows.
    Unknown,
}

pub(crate) fn scope(group: &str, kind: &str) -> Scope {
    match OF_CLUSTER.iter().find(|(known, _)| *known == group) {
        Some((_, kinds)) if kinds.contains(&kind) => Scope::Cluster,
        Some(_) => Scope::Namespace,
        None if OF_NAMESPACES.contains(&group) => Scope::Namespace,
        None => Scope::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kubernetes_own_kinds_are_known_and_no_others() {
        for (group, kind, wanted) in [
            ("", "Service", Scope::Namespace),
            ("", "Namespace", Scope::Cluster),
            ("apps", "Deployment", Scope::Namespace),
            ("networking.k8s.io", "Ingress", Scope::Namespace),
            ("networking.k8s.io", "IngressClass", Scope::Cluster),
            ("rbac.authorization.k8s.io", "Role", Scope::Namespace),
            ("gateway.networking.k8s.io", "GatewayClass", Scope::Unknown),
            ("example.com", "Widget", Scope::Unknown),
        ] {
            assert_eq!(scope(group, kind), wanted, "{group} {kind}");
        }
    }
}
