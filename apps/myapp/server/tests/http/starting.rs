//! The configuration file, the environment, and what is said about mistakes in them.

use std::fs;

use crate::world::{Running, place, program};

#[test]
fn the_configuration_file_is_followed() {
    let place = place("configured", &[("start.htm", "hello")]);
    let server = Running::start_with(
        &place,
        "# test\nbanner = myapp/1.2.3\ncache_seconds = 7\nindex = start.htm\n",
    );
    let answer = server.get("/");
    assert_eq!((answer.status, answer.body.as_str()), (200, "hello"));
    assert_eq!(
        (answer.header("server"), answer.header("cache-control")),
        ("myapp/1.2.3", "public, max-age=7")
    );
}

#[test]
fn mistakes_are_named_with_a_way_out() {
    let place = place("mistakes", &[("file", "")]);
    let path = |name: &str| place.join(name).to_str().unwrap().to_owned();
    let (bad, file, none) = (path("bad.conf"), path("www/file"), path("none"));
    fs::write(&bad, "banner = x\nindx = y\n").unwrap();
    let missing = "No such file or directory (os error 2)";
    let way_out = "SERVE_FOLDER names the folder to serve";
    for (arguments, environment, wanted) in [
        (
            vec![&bad],
            None,
            format!(
                "{bad}:2: unknown key `indx`; the keys are banner, cache_seconds, index, stop_seconds"
            ),
        ),
        (vec![&none], None, format!("cannot read the configuration file `{none}`: {missing}")),
        (
            vec![],
            Some(("SERVE_FOLDER", &*none)),
            format!("cannot serve `{none}`: {missing}; {way_out}"),
        ),
        (
            vec![],
            Some(("SERVE_FOLDER", &*file)),
            format!("cannot serve `{file}`: Not a directory (os error 20); {way_out}"),
        ),
        (
            vec![],
            Some(("PORT", "http")),
            "PORT is `http`: wanted a number from 0 to 65535, where 0 takes a free port".to_owned(),
        ),
        (
            vec![],
            Some(("PORT", "65536")),
            "PORT is `65536`: wanted a number from 0 to 65535, where 0 takes a free port"
                .to_owned(),
        ),
    ] {
        let output = program(&place).args(arguments).envs(environment).output().unwrap();
        assert_eq!(
            String::from_utf8(output.stderr).unwrap(),
            format!("myapp-server: error: {wanted}\n")
        );
        assert_eq!((output.status.code(), output.stdout), (Some(1), Vec::new()));
    }
}

#[test]
fn a_port_that_is_taken_is_named() {
    let place = place("taken", &[]);
    let first = Running::start(&place);
    let output = program(&place).env("PORT", first.port().to_string()).output().unwrap();
    let wanted = format!(
        "myapp-server: error: cannot listen on port {}: Address already in use (os error 98)\n",
        first.port()
    );
    assert_eq!(String::from_utf8(output.stderr).unwrap(), wanted);
    assert_eq!(output.status.code(), Some(1));
}
