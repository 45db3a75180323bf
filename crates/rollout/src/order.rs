//! In which order objects are brought, so that what others rest on comes first.

/// The order in which Helm installs kinds (`InstallOrder` of its release utilities): whoever reads
/// a release with its tools finds what he expects.
const ORDER: [&str; 36] = [
    "PriorityClass",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
];

/// Where a kind stands in the order; kinds that are not named come after all others.
pub fn install_rank(kind: &str) -> usize {
    ORDER.iter().position(|named| *named == kind).unwrap_or(ORDER.len())
}

#[cfg(test)]
mod tests {
    use super::install_rank;

    #[test]
    fn what_others_rest_on_comes_first_and_the_unknown_last() {
        let ordered = ["ServiceAccount", "ConfigMap", "Service", "Deployment", "Ingress", "Widget"];
        assert!(ordered.is_sorted_by_key(|kind| install_rank(kind)));
    }
}
