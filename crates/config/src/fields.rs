//! Every key of `app.toml`, in the order in which people write them.

use crate::field::Kind::{
    Anything, Boolean, Choice, Count, Either, List, Map, Mode, Table, Text, Value,
};
use crate::field::{self, Contradiction, Field, Rule};
use crate::{
    archive_format, config_key, environment, environment_name, name, owner, platform, port,
    variable, version,
};

pub(crate) const ANY: field::Text = field::Text::ANY;
pub(crate) const NAME: field::Text = field::Text::like(name::PATTERN).at_most(63);
const OWNER: field::Text = field::Text::like(owner::PATTERN);
const CARGO_NAME: field::Text = field::Text::like("^[A-Za-z0-9_][A-Za-z0-9_-]*$");
const CONFIG_KEY: field::Text = field::Text::like(config_key::PATTERN).at_most(253);
pub(crate) const APP_PATH: field::Text = field::Text::like("^[^/]");
const IMAGE_PATH: field::Text = field::Text::like("^/");
const GLOB: field::Text = field::Text::like("^[^/]");

/// The whole file.
pub(crate) static APP_FILE: field::Table = field::Table {
    name: "app.toml",
    title: "app.toml",
    doc: "What an app's image is made of, how it runs, and where it may go.",
    fields: &[
        Field::new("app", Table(&APP), r#"{ name = "myapp", version = "1.0.0" }"#, APP.doc)
            .lines("[app]\nname = \"myapp\"\nversion = \"1.0.0\"")
            .required(),
        Field::new(
            "inputs",
            Map(&field::Map { key: NAME, value: Table(&INPUT) }),
            r#"{ server = { cargo = { package = "myapp-server" } } }"#,
            "Where bytes come from, each input by a name that layers use.",
        )
        .lines("[inputs.server]\ncargo = { package = \"myapp-server\" }"),
        Field::new("image", Table(&IMAGE), r#"{ user = "65532:65532" }"#, IMAGE.doc)
            .lines("[image]\nuser = \"65532:65532\""),
        Field::new(
            "layers",
            List(&Table(&LAYER)),
            r#"[{ name = "app", copy = { input = "server", to = "/usr/bin/server" } }]"#,
            "What is placed in the image, layer by layer. Where there are none and the only input \
             is of kind cargo, its binary is placed in `/usr/bin` and is the entrypoint.",
        )
        .lines(
            "[[layers]]\nname = \"app\"\ncopy = { input = \"server\", to = \"/usr/bin/server\" }",
        ),
        Field::new("kubernetes", Table(&KUBERNETES), r#"{ objects = "objects/" }"#, KUBERNETES.doc)
            .lines("[kubernetes]\nobjects = \"objects/\""),
    ],
    rest: None,
    rule: None,
    hint: None,
};

static APP: field::Table = field::Table {
    name: "app",
    title: "`[app]`",
    doc: "What the app is called, and where it may go.",
    fields: &[
        Field::new(
            "name",
            Text(NAME),
            r#""myapp""#,
            "The app's name, which is also the name of its folder.",
        )
        .required(),
        Field::new(
            "version",
            Text(field::Text::like(version::PATTERN)),
            r#""1.0.0""#,
            "The version, used in inputs, templates and the image's tag. `--set version=…` takes \
             its place.",
        ),
        Field::new(
            "environments",
            List(&Text(field::Text::like(environment_name::PATTERN))),
            r#"["dev.london", "prod"]"#,
            "Where the app may be released: a stage for all its regions, or a stage and a region.",
        ),
        Field::new(
            "platforms",
            List(&Text(field::Text::like(platform::PATTERN))),
            r#"["linux/amd64", "linux/arm64"]"#,
            "What the image runs on.",
        )
        .default(r#"["linux/amd64", "linux/arm64"]"#),
    ],
    rest: None,
    rule: None,
    hint: None,
};

static INPUT: field::Table = field::Table {
    name: "input",
    title: "`[inputs.…]`",
    doc: "Where bytes come from: exactly one of `path`, `url`, `cargo` and `image` says the kind.",
    fields: &[
        Field::new(
            "path",
            Text(APP_PATH),
            r#""files/www""#,
            "A file or a folder below the app's folder.",
        ),
        Field::new(
            "url",
            Text(field::Text::like("^(https?://|s3://|github:)")),
            r#""https://example.org/myapp-{{ Version }}.tar.gz""#,
            "A file that is fetched over HTTP and pinned in app.lock. `{{ Version }}`, \
             `{{ Name }}`, `{{ os }}` and `{{ arch }}` can be used. `s3://` and `github:` are \
             reserved.",
        ),
        Field::new("cargo", Table(&CARGO), r#"{ package = "myapp-server" }"#, CARGO.doc),
        Field::new("image", Anything, r#""debian@sha256:…""#, "An image to stand on.").reserved(
            "inputs of kind image",
            "until then leave `base` out: a static binary needs no image below it",
        ),
        Field::new(
            "sha256",
            Text(field::Text::like("^[0-9a-f]{64}$")),
            r#""e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855""#,
            "What the fetched file must be, so that nothing is trusted on first use.",
        )
        .beside(&["url"])
        .elsewhere(&["digest", "hash", "checksum"]),
        Field::new(
            "redirects",
            List(&Text(ANY)),
            r#"["downloads.example.org"]"#,
            "Other hosts that the server may send us to: `host` with all its ports, or `host:port`.",
        )
        .beside(&["url"]),
        Field::new(
            "format",
            Choice(&archive_format::WORDS),
            r#""tar.gz""#,
            "What kind of archive it is, for `unpack`: wanted where a URL does not end with it. Of a \
             file of the app the first bytes tell.",
        )
        .beside(&["path", "url"])
        .elsewhere(&["type", "archive"]),
    ],
    rest: None,
    rule: Some(Rule {
        keys: &["path", "url", "cargo", "image"],
        contradiction: Some(Contradiction {
            said: "an input is of one kind",
            label: "one kind",
            way_out: "keep one of them, and make another input of the other",
        }),
        code: "config::input-kind",
        absence: "the input does not say where its bytes come from",
    }),
    hint: None,
};

static CARGO: field::Table = field::Table {
    name: "cargo",
    title: "`cargo`",
    doc: "A Rust binary, linked statically.",
    fields: &[
        Field::new("package", Text(CARGO_NAME), r#""myapp-server""#, "The package's name.")
            .required(),
        Field::new(
            "workspace",
            Text(APP_PATH),
            r#""services""#,
            "The folder of the Cargo workspace, from the root of this workspace; the root itself \
             where left out.",
        ),
        Field::new(
            "bin",
            Text(CARGO_NAME),
            r#""server""#,
            "Which binary; the one named as the package where left out.",
        ),
        Field::new("features", List(&Text(ANY)), r#"["tls"]"#, "Features to turn on."),
        Field::new("default-features", Boolean, "false", "Whether the default features are on.")
            .default("true"),
        Field::new(
            "c",
            Boolean,
            "true",
            "Whether a C compiler may be used; it then enters the id.",
        )
        .default("false"),
    ],
    rest: None,
    rule: None,
    hint: None,
};

static IMAGE: field::Table = field::Table {
    name: "image",
    title: "`[image]`",
    doc: "How the image runs, and what it says of itself.",
    fields: &[
        Field::new(
            "base",
            Text(NAME),
            r#""bookworm""#,
            "The input of kind image to stand on; none is from scratch.",
        ),
        Field::new(
            "entrypoint",
            List(&Text(ANY)),
            r#"["/usr/bin/myapp"]"#,
            "The program and its fixed arguments.",
        )
        .elsewhere(&["run", "exec"]),
        Field::new("command", List(&Text(ANY)), r#"["--verbose"]"#, "Default arguments.")
            .elsewhere(&["cmd", "args"]),
        Field::new("user", Text(OWNER), r#""65532:65532""#, "User and group by number.")
            .elsewhere(&["uid", "owner"]),
        Field::new("working_directory", Text(IMAGE_PATH), r#""/srv""#, "Where the program starts.")
            .elsewhere(&["workdir", "cwd", "working_dir"]),
        Field::new(
            "env",
            Map(&field::Map { key: field::Text::like("^[^=]+$"), value: Text(ANY) }),
            r#"{ PORT = "8080" }"#,
            "Variables of the environment that are the same everywhere.",
        )
        .elsewhere(&["environment", "variables"]),
        Field::new(
            "ports",
            List(&Text(field::Text::like(port::PATTERN))),
            r#"["8080/tcp"]"#,
            "Ports that it listens on.",
        )
        .elsewhere(&["expose", "exposed_ports"]),
        Field::new(
            "volumes",
            List(&Text(IMAGE_PATH)),
            r#"["/var/cache"]"#,
            "Folders that a runtime mounts over.",
        ),
        Field::new(
            "stop_signal",
            Text(field::Text::like("^(SIG[A-Z0-9]+([+-][0-9]+)?|[1-9][0-9]?)$")),
            r#""SIGTERM""#,
            "What stops the program.",
        ),
        Field::new(
            "labels",
            Map(&field::Map { key: field::Text::like("."), value: Text(ANY) }),
            r#"{ "org.example.team" = "web" }"#,
            "Labels of the image config.",
        ),
        Field::new(
            "annotations",
            Map(&field::Map { key: field::Text::like("."), value: Text(ANY) }),
            r#"{ "org.opencontainers.image.licenses" = "Apache-2.0" }"#,
            "Annotations of the index and of each image.",
        ),
        Field::new(
            "values",
            Map(&field::Map { key: field::Text::like(variable::PATTERN), value: Value }),
            "{ Workers = 4 }",
            "What templates inside the image may name beside `Name` and `Version`; the same in \
             every environment.",
        )
        .elsewhere(&["vars"]),
        COMPRESSION.default(r#""gzip""#),
    ],
    rest: None,
    rule: None,
    hint: None,
};

const COMPRESSION: Field = Field::new(
    "compression",
    Choice(&["gzip", "zstd"]),
    r#""zstd""#,
    "`gzip` is read by every runtime; `zstd` is faster to pull.",
);

static LAYER: field::Table = field::Table {
    name: "layer",
    title: "`[[layers]]`",
    doc: "What is placed in the image together, and changes together.",
    fields: &[
        Field::new("name", Text(NAME), r#""app""#, "A name that no other layer has.").required(),
        Field::new(
            "unpack",
            Either(&[Table(&UNPACK), List(&Table(&UNPACK))]),
            r#"{ input = "release", to = "/var/www", strip = 1 }"#,
            "The content of an archive, or of several.",
        )
        .elsewhere(&["extract", "add"]),
        Field::new(
            "copy",
            Either(&[Table(&COPY), List(&Table(&COPY))]),
            r#"{ input = "server", to = "/usr/bin/server" }"#,
            "An input as it is, or several.",
        ),
        Field::new(
            "files",
            Map(&PLACED),
            r#"{ "files/mime.types" = "/etc/mime.types" }"#,
            "Files and folders of the app: what is placed, and where.",
        ),
        Field::new(
            "templates",
            Map(&PLACED),
            r#"{ "templates/nginx.conf" = "/etc/nginx/nginx.conf" }"#,
            "Templates of the app: what is rendered, and where it is placed.",
        ),
        Field::new(
            "directories",
            Either(&[
                List(&Text(IMAGE_PATH)),
                Map(&field::Map { key: IMAGE_PATH, value: Table(&DIRECTORY) }),
            ]),
            r#"["/var/cache"]"#,
            "Folders, empty unless something else is placed in them.",
        )
        .elsewhere(&["dirs", "folders", "mkdir"]),
        Field::new(
            "symlinks",
            Map(&field::Map { key: IMAGE_PATH, value: Text(field::Text::like(".")) }),
            r#"{ "/usr/bin/sh" = "busybox" }"#,
            "Symbolic links: where they stand, and what they say.",
        )
        .elsewhere(&["links"]),
        Field::new(
            "packages",
            Anything,
            r#"{ from = "debian", names = ["nginx-light"] }"#,
            "Packages of an operating system.",
        )
        .reserved(
            "packages of an operating system",
            "until then place what the app needs with `unpack`, `copy` or `files`",
        ),
        COMPRESSION,
    ],
    rest: None,
    rule: Some(Rule {
        keys: &["unpack", "copy", "files", "templates", "directories", "symlinks", "packages"],
        contradiction: None,
        code: "config::empty-layer",
        absence: "the layer places nothing",
    }),
    hint: None,
};

const TO: Field =
    Field::new("to", Text(IMAGE_PATH), r#""/usr/bin/myapp""#, "The whole path in the image.")
        .required();
const INPUT_NAME: Field =
    Field::new("input", Text(NAME), r#""server""#, "The input's name.").required();
const FILE_MODE: Field =
    Field::new("mode", Mode, r#""0640""#, "The mode of the files, as octal digits.")
        .elsewhere(&["chmod", "permissions"]);
const FILE_OWNER: Field = Field::new("owner", Text(OWNER), r#""0:0""#, "User and group by number.")
    .elsewhere(&["chown", "user"]);

static COPY: field::Table = field::Table {
    name: "copy",
    title: "`copy`",
    doc: "An input as it is: a file, or a folder with all that is in it.",
    fields: &[INPUT_NAME, TO, FILE_MODE, FILE_OWNER],
    rest: None,
    rule: None,
    hint: None,
};

static UNPACK: field::Table = field::Table {
    name: "unpack",
    title: "`unpack`",
    doc: "The content of an archive.",
    fields: &[
        INPUT_NAME,
        TO,
        Field::new("strip", Count, "1", "How many leading folders are dropped from every path.")
            .default("0"),
        Field::new(
            "include",
            List(&Text(GLOB)),
            r#"["bin/**"]"#,
            "What is taken, after `strip`; everything where empty.",
        ),
        Field::new(
            "exclude",
            List(&Text(GLOB)),
            r#"["**/*.md"]"#,
            "What is left out, after `strip`; wins over `include`.",
        ),
        Field::new(
            "allow_special",
            List(&Text(GLOB)),
            r#"["usr/bin/sudo"]"#,
            "What may keep setuid, setgid, sticky or world-writable bits, after `strip`.",
        ),
        Field::new(
            "modes",
            Choice(&["keep"]),
            r#""keep""#,
            "Permission bits as in the archive; else 0644, and 0755 for executables and folders.",
        ),
        Field::new(
            "owners",
            Choice(&["keep"]),
            r#""keep""#,
            "Owners as in the archive; else `owner`, or 0:0.",
        ),
        FILE_OWNER,
    ],
    rest: None,
    rule: None,
    hint: None,
};

/// `"source" = "/destination"`, or `"source" = { to = "/destination", … }`.
static PLACED: field::Map =
    field::Map { key: APP_PATH, value: Either(&[Text(IMAGE_PATH), Table(&DESTINATION)]) };

static DESTINATION: field::Table = field::Table {
    name: "destination",
    title: "a destination",
    doc: "Where something of the app is placed, with its mode and owner.",
    fields: &[TO, FILE_MODE, FILE_OWNER],
    rest: None,
    rule: None,
    hint: Some(
        r#"a path with dots or slashes stands in quotes: `"files/mime.types" = "/etc/mime.types"`"#,
    ),
};

static DIRECTORY: field::Table = field::Table {
    name: "directory",
    title: "a directory",
    doc: "A folder's mode and owner.",
    fields: &[
        Field::new("mode", Mode, r#""0700""#, "The folder's mode, as octal digits.")
            .elsewhere(&["chmod", "permissions"]),
        FILE_OWNER,
    ],
    rest: None,
    rule: None,
    hint: None,
};

static KUBERNETES: field::Table = field::Table {
    name: "kubernetes",
    title: "`[kubernetes]`",
    doc: "What runs the image.",
    fields: &[
        Field::new(
            "objects",
            Text(APP_PATH),
            r#""objects/""#,
            "The folder of the Kubernetes objects, below the app's folder.",
        ),
        Field::new(
            "templates",
            List(&Text(NAME)),
            r#"["web"]"#,
            "Folders below `apps/shared/`: the app has the objects that are written there, too.",
        )
        .elsewhere(&["includes", "extends"]),
        Field::new(
            "config",
            Map(&field::Map { key: NAME, value: Table(&CONFIG_MAP) }),
            r#"{ settings = { files = { "objects/settings.conf" = "settings.conf" } } }"#,
            CONFIG_MAP.doc,
        )
        .lines("[kubernetes.config.settings]\nfiles = { \"objects/settings.conf\" = \"settings.conf\" }")
        .elsewhere(&["configs", "config_map", "config_maps", "configmaps"]),
        Field::new(
            "shared",
            List(&Text(NAME)),
            r#"["logging"]"#,
            "Groups of values that stages and regions share among apps, `[shared.logging]` there; \
             a later group wins over an earlier one.",
        ),
        Field::new(
            "values",
            Map(&field::Map { key: field::Text::like(variable::PATTERN), value: Value }),
            "{ Replicas = 1 }",
            "Values for the objects where neither stage nor region says otherwise.",
        )
        .elsewhere(&["vars", "defaults"]),
    ],
    rest: None,
    rule: None,
    hint: None,
};

static CONFIG_MAP: field::Table = field::Table {
    name: "config",
    title: "`[kubernetes.config.…]`",
    doc: "ConfigMaps of rendered files, each by a name that objects ask for, as in \
          `{{ Config.settings }}`.",
    fields: &[Field::new(
        "files",
        Map(&field::Map { key: APP_PATH, value: Text(CONFIG_KEY) }),
        r#"{ "objects/settings.conf" = "settings.conf" }"#,
        "Templates of the app, and the key of the ConfigMap that each becomes.",
    )
    .required()
    .elsewhere(&["data", "templates"])],
    rest: None,
    rule: None,
    hint: Some(
        r#"a path with dots or slashes stands in quotes: `"objects/settings.conf" = "settings.conf"`"#,
    ),
};

/// The titles of the tables that have a key, for someone who wrote it in another one of the same
/// kind of files.
pub(crate) fn homes(key: &str, wrong: &field::Table) -> impl Iterator<Item = &'static str> {
    let of_environments = environment::fields::tables();
    let tables = if of_environments.iter().any(|table| std::ptr::eq(*table, wrong)) {
        of_environments
    } else {
        vec![&APP, &INPUT, &CARGO, &IMAGE, &LAYER, &KUBERNETES]
    };
    tables.into_iter().filter(move |table| table.field(key).is_some()).map(|table| table.title)
}
