//! A workspace in memory: what the pipeline reads from a disk.

use std::collections::BTreeMap;
use std::sync::Arc;

use landfall_config::environment::{Environment, Files, Setting, StageSources, read_stage};
use landfall_config::{App, Overrides, read_app};
use landfall_diagnostics::{Diagnostic, Source};
use landfall_hashing::Digest;
use landfall_objects::{ConfigMapTemplate, Context, Object, TemplateKind, Templates, render};

/// The app `myapp` in the region `london` of the stage `prod`.
#[derive(Debug, Clone)]
pub struct World {
    /// By their paths: `app.toml` and what is below the app's folder, `shared/…` of `apps/`,
    /// `environments/…`.
    pub files: BTreeMap<String, String>,
    /// `NAME=VALUE`.
    pub set: Vec<String>,
    /// In which order files are handed in, which must not matter.
    pub is_backwards: bool,
}

impl World {
    pub fn render(&self) -> (Option<Vec<Object>>, Vec<Diagnostic>) {
        let app = self.app();
        let environment = self.environment(&app);
        let context = Context {
            app: &app.name.value,
            version: &app.version.value,
            tag: "1.0.0-0123456789ab",
            digest: Digest::of("an index"),
            environment: &environment,
        };
        render(&self.templates(&app), &context)
    }

    fn source(&self, path: &str) -> Arc<Source> {
        let shown = match path.starts_with("environments/") {
            true => path.to_owned(),
            false if path.starts_with("shared/") => format!("apps/{path}"),
            false => format!("apps/myapp/{path}"),
        };
        Source::new(shown, self.files[path].as_str())
    }

    fn below(&self, folder: &str) -> Vec<Arc<Source>> {
        let paths = self.files.keys().filter(|path| path.starts_with(folder));
        let mut sources: Vec<_> = paths.map(|path| self.source(path)).collect();
        if self.is_backwards {
            sources.reverse();
        }
        sources
    }

    fn app(&self) -> App {
        let (app, diagnostics) = read_app(&self.source("app.toml"), &Overrides::default());
        app.unwrap_or_else(|| panic!("{diagnostics:#?}"))
    }

    fn environment(&self, app: &App) -> Environment {
        let region = self.source("environments/prod/london.toml");
        let stage = StageSources {
            stage: self.source("environments/prod/stage.toml"),
            regions: [("london".parse().unwrap(), region)].into(),
        };
        let files = Files {
            regions: self.source("environments/regions.toml"),
            stages: [("prod".parse().unwrap(), stage)].into(),
            local: None,
        };
        let (folder, diagnostics) = read_stage(&files, "prod");
        let folder = folder.unwrap_or_else(|| panic!("{diagnostics:#?}"));
        let settings: Vec<Setting> = self.set.iter().map(|text| text.parse().unwrap()).collect();
        let (environment, diagnostics) = folder.environment(app, "london", &settings);
        environment.unwrap_or_else(|| panic!("{diagnostics:#?}"))
    }

    fn templates(&self, app: &App) -> Templates {
        let shared =
            app.templates.iter().map(|name| self.below(&format!("shared/{}/", name.value)));
        let is_config = |source: &Arc<Source>| {
            let files = app.config_maps.values().flat_map(|config_map| &config_map.files);
            let mut paths = files.map(|file| format!("apps/myapp/{}", file.source.value));
            paths.any(|path| source.path.as_os_str() == path.as_str())
        };
        let mut own = self.below("objects/");
        own.retain(|source| TemplateKind::of(&source.path).is_some() || !is_config(source));
        let config_maps = app.config_maps.iter().map(|(name, config_map)| {
            let files = config_map.files.iter();
            let files = files
                .map(|file| (file.key.value.clone(), self.source(&file.source.value.to_string())));
            let span = config_map.span.clone();
            (name.clone(), ConfigMapTemplate { span, files: files.collect() })
        });
        Templates { shared: shared.collect(), own, config_maps: config_maps.collect() }
    }
}
