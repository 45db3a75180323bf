//! Which keys of annotations are Landfall's own.

/// Why `app.toml` cannot set an annotation; none where it can.
pub(crate) fn reason_against(key: &str) -> Option<&'static str> {
    let reason = match key.strip_prefix("org.opencontainers.image.")? {
        "title" => "the app's name is written there",
        "version" => "the app's version is written there",
        "base.name" | "base.digest" => "what the image stands on is written there",
        "created" => "an image carries no time, so that the same inputs give the same digest",
        "revision" => "the store and the ledger keep it, so that a commit alone changes no digest",
        "ref.name" => "an image layout keeps its tags there",
        _ => return None,
    };
    Some(reason)
}
