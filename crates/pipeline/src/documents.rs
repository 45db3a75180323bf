//! What app.toml says, as the documents of the image say it.

use std::collections::BTreeMap;

use landfall_config::{App, Owner, Platform, Protocol};
use landfall_derivation::record::BlobFact;
use landfall_image::document::{self, Descriptor, Empty, Execution, Image, PlatformImage};

use crate::made::{PlacedLayer, Platforms};

/// The image's documents over layers that are all written.
pub(crate) fn image(app: &App, platforms: &Platforms) -> Image {
    let annotations = annotations(app);
    let one = |(platform, layers): &(Platform, Vec<(PlacedLayer, BlobFact)>)| {
        let layers = layers.iter().map(|(layer, blob)| described(layer, blob)).collect();
        PlatformImage::new(document_platform(platform), execution(app), layers, annotations.clone())
    };
    Image::new(platforms.iter().map(one).collect(), annotations.clone())
}

fn described(layer: &PlacedLayer, blob: &BlobFact) -> document::Layer {
    let media_type = layer.derivation.compression.media_type().to_owned();
    let descriptor =
        Descriptor { media_type, digest: blob.digest, size: blob.size_bytes, platform: None };
    document::Layer { name: layer.name.clone(), diff_id: blob.diff_id, descriptor }
}

fn document_platform(platform: &Platform) -> document::Platform {
    document::Platform {
        architecture: platform.architecture().to_string(),
        os: platform.os().to_string(),
        variant: platform.variant().map(|variant| variant.to_string()),
    }
}

/// What app.toml says goes into the annotations, and nothing of time, revision or state.
fn annotations(app: &App) -> BTreeMap<String, String> {
    let mut annotations = app.image.annotations.clone();
    annotations.insert("org.opencontainers.image.title".into(), app.name.value.to_string());
    annotations.insert("org.opencontainers.image.version".into(), app.version.value.clone());
    annotations
}

pub(crate) fn execution(app: &App) -> Execution {
    let image = &app.image;
    Execution {
        user: image.user.map(user).unwrap_or_default(),
        exposed_ports: image
            .ports
            .iter()
            .map(|port| (format!("{}/{}", port.number, protocol(port.protocol)), Empty {}))
            .collect(),
        env: image.env.iter().map(|(name, value)| format!("{name}={value}")).collect(),
        entrypoint: image.entrypoint.clone(),
        cmd: image.command.clone(),
        volumes: image.volumes.iter().map(|path| (format!("/{path}"), Empty {})).collect(),
        working_dir: image
            .working_directory
            .as_ref()
            .map(|path| format!("/{path}"))
            .unwrap_or_default(),
        labels: image.labels.clone(),
        stop_signal: image.stop_signal.clone().unwrap_or_default(),
    }
}

fn user(owner: Owner) -> String {
    format!("{}:{}", owner.user_id, owner.group_id)
}

fn protocol(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Tcp => "tcp",
        Protocol::Udp => "udp",
        Protocol::Sctp => "sctp",
    }
}
