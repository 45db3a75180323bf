//! Every key of the files below `environments/`, in the order in which people write them.

use crate::environment::{aws_region, domain, namespace, pin, registry, slack_channel};
use crate::field::Kind::{Boolean, List, Map, Revision, Table, Text, Value};
use crate::field::{self, Contradiction, Field, Rest, Rule};
use crate::fields::{ANY, APP_PATH, NAME};
use crate::{variable, version};

/// Every table of these files.
pub(crate) fn tables() -> Vec<&'static field::Table> {
    vec![
        &REGIONS_FILE,
        &STAGE_FILE,
        &REGION_FILE,
        &CLUSTER,
        &LOCAL_FILE,
        &LOCAL_REGION,
        &LEDGER_FILE,
        &LEDGER_ENTRY,
        &LEDGER_OVERRIDE,
        &LEDGER_PREVIOUS,
    ]
}

pub(crate) static REGIONS_FILE: field::Table = field::Table {
    name: "regions.toml",
    title: "regions.toml",
    doc: "The short names that regions have here, and what AWS calls them.",
    fields: &[],
    rest: Some(Rest {
        key: NAME,
        field: Field::new(
            "london",
            Text(field::Text::like(aws_region::PATTERN)),
            r#""eu-west-2""#,
            "The AWS region that the name stands for.",
        ),
    }),
    rule: None,
    hint: None,
};

const NAMESPACE: Field = Field::new(
    "namespace",
    Text(field::Text::like(namespace::PATTERN)),
    r#""{{ Name }}""#,
    "The Kubernetes namespace of an app: a name in which `{{ Name }}` is the app's, `{{ STAGE }}` \
     the stage's and `{{ REGION }}` the region's.",
);
const SLACK_CHANNEL: Field = Field::new(
    "slack_channel",
    Text(field::Text::like(slack_channel::PATTERN)),
    r##""#releases""##,
    "Where releases are told.",
)
.elsewhere(&["slack", "channel"]);
static GROUP: field::Map = field::Map { key: field::Text::like(variable::PATTERN), value: Value };
static GROUPS: field::Map = field::Map { key: NAME, value: Map(&GROUP) };
const VALUES: Field = Field::new(
    "values",
    Map(&GROUPS),
    "{ myapp = { Replicas = 2 } }",
    "Values for the objects of one app, by the app's name.",
)
.lines("[values.myapp]\nReplicas = 2")
.elsewhere(&["vars"]);
const SHARED: Field = Field::new(
    "shared",
    Map(&GROUPS),
    r#"{ logging = { LogLevel = "info" } }"#,
    "Values for the objects of every app that names the group in `[kubernetes] shared`.",
)
.lines("[shared.logging]\nLogLevel = \"info\"");

pub(crate) static STAGE_FILE: field::Table = field::Table {
    name: "stage.toml",
    title: "stage.toml",
    doc: "Where the images of a stage come from, and what holds in all its regions.",
    fields: &[
        Field::new("builds", Boolean, "true", "Whether images enter here, fresh from a build.")
            .default("false"),
        Field::new(
            "from",
            Text(NAME),
            r#""preprod""#,
            "The stage in which a digest must have been before it may come here.",
        ),
        Field::new(
            "ledger",
            Boolean,
            "false",
            "Whether releases.toml says what the stage runs; only a stage that builds can do without.",
        )
        .default("true"),
        Field::new(
            "committed",
            Boolean,
            "true",
            "Whether `apply` refuses a ledger that differs from the last commit.",
        )
        .default("false"),
        Field::new(
            "create_namespace",
            Boolean,
            "true",
            "Whether namespaces that are missing are made.",
        )
        .default("false"),
        NAMESPACE.default(r#""{{ Name }}""#),
        SLACK_CHANNEL,
        VALUES,
        SHARED,
    ],
    rest: None,
    rule: Some(Rule {
        keys: &["builds", "from"],
        contradiction: None,
        code: "environment::stage-source",
        absence: "the stage does not say where its images come from",
    }),
    hint: None,
};

pub(crate) static REGION_FILE: field::Table = field::Table {
    name: "region.toml",
    title: "a region's file",
    doc: "One stage in one region: registry, domain, cluster, and what differs from the stage.",
    fields: &[
        Field::new(
            "registry",
            Text(field::Text::like(registry::PATTERN)),
            r#""123456789012.dkr.ecr.eu-west-2.amazonaws.com""#,
            "Where images are pushed to and pulled from: `HOST`, `HOST:PORT` or `HOST/PATH`; an \
             app's repository is its name below.",
        )
        .required(),
        Field::new(
            "domain",
            Text(field::Text::like(domain::PATTERN)),
            r#""example.com""#,
            "The DNS domain of the apps.",
        )
        .required()
        .elsewhere(&["dns", "dns_domain", "zone"]),
        NAMESPACE,
        SLACK_CHANNEL,
        Field::new(
            "cluster",
            Table(&CLUSTER),
            r#"{ context = "prod-london", kube_system_uid = "00000000-0000-0000-0000-000000000000" }"#,
            CLUSTER.doc,
        )
        .lines("[cluster]\ncontext = \"prod-london\"\nkube_system_uid = \"…\"")
        .required(),
        VALUES,
        SHARED,
    ],
    rest: None,
    rule: None,
    hint: None,
};

const CONTEXT: Field = Field::new(
    "context",
    Text(ANY),
    r#""prod-london""#,
    "The cluster's context in the kubeconfig of whoever runs the command.",
)
.required();
const CA_SHA256: Field = Field::new(
    "ca_sha256",
    Text(field::Text::like("^[0-9a-f]{64}$")),
    r#""e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855""#,
    "The SHA-256 of the certificate authority's DER form, the first one in the kubeconfig.",
);
const KUBE_SYSTEM_UID: Field = Field::new(
    "kube_system_uid",
    Text(field::Text::like(pin::UID_PATTERN)),
    r#""1f0c2ad6-33c1-4b43-9b4e-6d4fe0c9a0b1""#,
    "The UID of the namespace kube-system, as `kubectl get namespace kube-system -o \
     jsonpath={.metadata.uid}` prints it.",
);
const PINS: Rule = Rule {
    keys: &["ca_sha256", "kube_system_uid"],
    contradiction: Some(Contradiction {
        said: "a cluster is pinned once",
        label: "one pin",
        way_out: "keep one of them",
    }),
    code: "environment::cluster-pin",
    absence: "nothing says which cluster the context must lead to",
};

static CLUSTER: field::Table = field::Table {
    name: "cluster",
    title: "`[cluster]`",
    doc: "Which cluster it is, and what proves that it is this one.",
    fields: &[CONTEXT, CA_SHA256, KUBE_SYSTEM_UID],
    rest: None,
    rule: Some(PINS),
    hint: Some(
        "address, credentials and commands stand in the kubeconfig of whoever runs the command, \
         never here",
    ),
};

pub(crate) static LOCAL_FILE: field::Table = field::Table {
    name: "local.toml",
    title: "local.toml",
    doc: "Servers on this machine in the place of those that the regions name; not committed.",
    fields: &[],
    rest: Some(Rest {
        key: NAME,
        field: Field::new(
            "prod",
            Map(&field::Map { key: NAME, value: Table(&LOCAL_REGION) }),
            r#"{ london = { registry = "127.0.0.1:5001/prod", kubeconfig = "target/kubeconfig", context = "london", kube_system_uid = "1f0c2ad6-33c1-4b43-9b4e-6d4fe0c9a0b1" } }"#,
            "The regions of a stage.",
        )
        .lines("[prod.london]\nregistry = \"127.0.0.1:5001/prod\""),
    }),
    rule: None,
    hint: None,
};

static LOCAL_REGION: field::Table = field::Table {
    name: "local",
    title: "`[STAGE.REGION]` of local.toml",
    doc: "A registry and a cluster on this machine.",
    fields: &[
        Field::new(
            "registry",
            Text(field::Text::like(registry::LOOPBACK_PATTERN)),
            r#""127.0.0.1:5001/prod""#,
            "A registry on this machine.",
        )
        .required(),
        Field::new(
            "kubeconfig",
            Text(APP_PATH),
            r#""target/services/kubeconfig""#,
            "A kubeconfig, from the root of the workspace; its servers must be on this machine, and \
             it may run no command.",
        )
        .required(),
        CONTEXT,
        CA_SHA256,
        KUBE_SYSTEM_UID,
        NAMESPACE,
    ],
    rest: None,
    rule: Some(PINS),
    hint: None,
};

const DIGEST: Field = Field::new(
    "digest",
    Text(field::Text::like("^sha256:[0-9a-f]{64}$")),
    r#""sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855""#,
    "The image's one digest, that of its index.",
)
.required();
const VERSION: Field = Field::new(
    "version",
    Text(field::Text::like(version::PATTERN)),
    r#""1.0.0""#,
    "The version that it was built as.",
)
.required();

pub(crate) static LEDGER_FILE: field::Table = field::Table {
    name: "releases.toml",
    title: "releases.toml",
    doc: "Which digest of which app a stage runs. Written by Landfall, a block for each app.",
    fields: &[Field::new("format", Revision, "1", "Of this file.").required()],
    rest: Some(Rest {
        key: NAME,
        field: Field::new(
            "myapp",
            Table(&LEDGER_ENTRY),
            r#"{ digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", version = "1.0.0", revision = 1, previous = [] }"#,
            LEDGER_ENTRY.doc,
        )
        .lines("[myapp]\ndigest = \"sha256:…\"\nversion = \"1.0.0\"\nrevision = 1\nprevious = []"),
    }),
    rule: None,
    hint: None,
};

static LEDGER_ENTRY: field::Table = field::Table {
    name: "entry",
    title: "an app's block",
    doc: "What one app is in this stage.",
    fields: &[
        DIGEST,
        VERSION,
        Field::new("revision", Revision, "3", "How often the block was changed; it only grows.")
            .required(),
        Field::new(
            "previous",
            List(&Table(&LEDGER_PREVIOUS)),
            r#"[{ revision = 2, version = "0.9.0", digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" }]"#,
            "What the block said before, the newest first.",
        )
        .required(),
        Field::new(
            "regions",
            Map(&field::Map { key: NAME, value: Table(&LEDGER_OVERRIDE) }),
            r#"{ seoul = { digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", version = "0.9.0", hold = true } }"#,
            "Regions that run something else than the stage.",
        )
        .lines("[myapp.regions.seoul]\ndigest = \"sha256:…\"\nversion = \"0.9.0\"\nhold = true"),
    ],
    rest: None,
    rule: None,
    hint: None,
};

static LEDGER_OVERRIDE: field::Table = field::Table {
    name: "override",
    title: "a region's block",
    doc: "What one region runs in the place of the stage's digest.",
    fields: &[
        DIGEST,
        VERSION,
        Field::new("hold", Boolean, "true", "Whether promotions to the stage leave the region be.")
            .default("false"),
    ],
    rest: None,
    rule: None,
    hint: None,
};

static LEDGER_PREVIOUS: field::Table = field::Table {
    name: "previous",
    title: "an item of `previous`",
    doc: "What the block said up to a revision.",
    fields: &[
        Field::new("revision", Revision, "2", "The last revision at which it said so.").required(),
        VERSION,
        DIGEST,
        Field::new("region", Text(NAME), r#""seoul""#, "The region that ran it; else the stage."),
    ],
    rest: None,
    rule: None,
    hint: None,
};
