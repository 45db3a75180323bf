//! URLs that cannot be fetched: the user's own mistake, found before anything is sent.

use crate::rig::{Known, chain, failure, limits};

#[test]
fn says_what_is_wrong_with_a_url() {
    let scheme =
        |name: &str| format!("its scheme is `{name}`, and only `http` and `https` can be fetched");
    let no_url = |why: &str| format!("it is no URL: {why}; write it as `https://host/path`");
    let user = "it holds a user or a password, and credentials are never sent; remove what stands before the `@`";
    let blank = "it holds white space or a control character; write a space as `%20`";
    let rows: [(&str, &str, &str); 14] = [
        ("", "", &no_url("relative URL without a base")),
        ("host/path", "host/path", &no_url("relative URL without a base")),
        ("https://", "https://", &no_url("empty host")),
        ("https://?key=secret", "https://?key=***", &no_url("empty host")),
        ("http://h:99999/", "http://h:99999/", &no_url("invalid port number")),
        ("http://[::1/", "http://[::1/", &no_url("invalid IPv6 address")),
        ("http://1.2.3.256/", "http://1.2.3.256/", &no_url("invalid IPv4 address")),
        ("ftp://h/f", "ftp://h/f", &scheme("ftp")),
        ("file:///etc/passwd", "file:///etc/passwd", &scheme("file")),
        ("s3://bucket/key?versionId=1", "s3://bucket/key?versionId=***", &scheme("s3")),
        ("https://user@h/f", "https://***@h/f", user),
        ("https://:secret@h/f?sig=secret", "https://***@h/f?sig=***", user),
        (" https://h/f", "https://h/f", blank),
        ("https://h/a\u{1b}[2Jb", "https://h/a\\u{1b}[2Jb", blank),
    ];
    for (url, shown, wanted) in rows {
        let error = failure(limits(), url, Known::Nothing);
        assert_eq!(
            chain(&error),
            format!("cannot fetch {shown} | this URL cannot be used | {wanted}")
        );
        assert!(!error.is_outside() && !error.is_transient(), "{url}");
        assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    }
}
