//! Past app.toml there are digests, not tags: what containers run is pinned.

use landfall_diagnostics::{Diagnostic, Span};
use landfall_hashing::Digest;

use crate::rendered::Rendered;

/// Where containers are listed, in pods and in all that makes pods.
const LISTS: [&str; 3] = ["containers", "ephemeralContainers", "initContainers"];

/// Notes every image that is no digest, wherever in an object containers are listed.
pub(crate) fn check(object: &Rendered, problems: &mut Vec<Diagnostic>) {
    object.items().iter().for_each(|item| check(item, problems));
    for pair in object.pairs() {
        if LISTS.contains(&pair.key.as_str()) {
            problems.extend(pair.value.items().iter().filter_map(unpinned));
        }
        check(&pair.value, problems);
    }
}

fn unpinned(container: &Rendered) -> Option<Diagnostic> {
    let image = container.get("image")?;
    let text = image.text()?;
    let digest = text.rsplit_once('@').map(|(_, digest)| digest.parse::<Digest>().is_ok());
    (digest != Some(true)).then(|| tagged(text, &image.span))
}

fn tagged(image: &str, span: &Span) -> Diagnostic {
    let message = format!(
        "the image `{}` is no digest, so two pods could run two things",
        image.escape_debug()
    );
    let name = image.split('@').next().unwrap_or_default().escape_debug();
    Diagnostic::error("objects::tag", message)
        .at(span, "a name that may come to mean something else")
        .help("write `\"{{ Image }}\"` for the app's own image")
        .help(format!("pin any other, as in `{name}@sha256:…`"))
}
