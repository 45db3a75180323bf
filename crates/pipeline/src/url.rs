//! The URL of an input, rendered.

use landfall_config::{Platform, UrlInput};
use landfall_derivation::template;
use landfall_diagnostics::Diagnostic;

use crate::workspace::Loaded;

/// The URL of an input for one platform.
pub(crate) fn render_url(
    loaded: &Loaded,
    url: &UrlInput,
    platform: &Platform,
) -> Result<String, Diagnostic> {
    let app = &loaded.app;
    let names = [
        ("Name", app.name.value.to_string()),
        ("Version", app.version.value.clone()),
        ("os", platform.os().to_string()),
        ("arch", platform.architecture().to_string()),
    ];
    let names = names.map(|(name, value)| (name.to_owned(), value.into())).into();
    template::render_inline(&url.url.span, &url.url.value, &names)
}
