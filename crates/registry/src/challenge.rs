//! What a registry asks for in `WWW-Authenticate` (RFC 9110, section 11.6.1).

use std::collections::BTreeMap;

use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};

/// One way to say who we are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Challenge {
    /// User and password with each request.
    Basic,
    /// A token from elsewhere (distribution's token specification).
    Bearer { realm: String, service: Option<String> },
}

/// The challenge that is answered: a token is preferred, for it travels instead of the password.
pub(crate) fn choose(headers: &HeaderMap) -> Option<Challenge> {
    let lines = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    let all: Vec<_> = lines.flat_map(read).collect();
    let bearer = all.iter().find(|challenge| matches!(challenge, Challenge::Bearer { .. }));
    bearer.or_else(|| all.first()).cloned()
}

fn read(line: &str) -> Vec<Challenge> {
    let mut found: Vec<(String, BTreeMap<String, String>)> = Vec::new();
    for part in split_quoted(line) {
        let (scheme, parameter) = divide(part);
        if let Some(scheme) = scheme {
            found.push((scheme.to_ascii_lowercase(), BTreeMap::new()));
        }
        if let (Some((key, value)), Some((_, parameters))) = (parameter, found.last_mut()) {
            parameters.entry(key).or_insert(value);
        }
    }
    found.into_iter().filter_map(|(scheme, parameters)| known(&scheme, parameters)).collect()
}

fn known(scheme: &str, mut parameters: BTreeMap<String, String>) -> Option<Challenge> {
    match scheme {
        "basic" => Some(Challenge::Basic),
        "bearer" => {
            let realm = parameters.remove("realm")?;
            Some(Challenge::Bearer { realm, service: parameters.remove("service") })
        }
        _ => None,
    }
}

/// The parts between commas that stand outside of quotes.
fn split_quoted(line: &str) -> Vec<&str> {
    let (mut quoted, mut escaped) = (false, false);
    let parts = line.split(|character| {
        let divides = character == ',' && !quoted;
        if character == '"' && !escaped {
            quoted = !quoted;
        }
        escaped = quoted && character == '\\' && !escaped;
        divides
    });
    parts.map(str::trim).filter(|part| !part.is_empty()).collect()
}

type Parameter = (String, String);

/// `Scheme key="value"`, `key="value"` or `Scheme`.
fn divide(part: &str) -> (Option<&str>, Option<Parameter>) {
    let key_end = part.find('=').unwrap_or(part.len());
    let (scheme, rest) = match part[..key_end].trim_end().split_once(' ') {
        Some((scheme, _)) => (Some(scheme), part[scheme.len()..].trim_start()),
        None if key_end == part.len() => (Some(part), ""),
        None => (None, part),
    };
    (scheme, rest.split_once('=').map(parameter))
}

fn parameter((key, value): (&str, &str)) -> Parameter {
    let value = value.trim();
    let inner = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    let value = inner.map_or_else(|| value.to_owned(), unescaped);
    (key.trim().to_ascii_lowercase(), value)
}

/// `\x` is `x` (RFC 9110, section 5.6.4).
fn unescaped(text: &str) -> String {
    let mut escaped = false;
    let kept = text.chars().filter(|character| {
        escaped = *character == '\\' && !escaped;
        !escaped
    });
    kept.collect()
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn bearer(realm: &str, service: Option<&str>) -> Option<Challenge> {
        Some(Challenge::Bearer { realm: realm.into(), service: service.map(String::from) })
    }

    #[test]
    fn reads_what_registries_send() {
        let rows: [(&[&str], Option<Challenge>); 12] = [
            (
                &[r#"Bearer realm="https://a/token",service="s",scope="x:y:pull,push""#],
                bearer("https://a/token", Some("s")),
            ),
            (
                &[r#"bearer REALM="https://a/t?x=1,2" , service=s"#],
                bearer("https://a/t?x=1,2", Some("s")),
            ),
            (&[r#"Bearer service="s\"q", realm="r""#], bearer("r", Some("s\"q"))),
            (&[r#"Basic realm="a, b", Bearer realm="r""#], bearer("r", None)),
            (&["Basic realm=\"x\"", "Bearer realm=\"r\""], bearer("r", None)),
            (&[r#"Basic realm="x",service="ecr.amazonaws.com""#], Some(Challenge::Basic)),
            (&["Basic"], Some(Challenge::Basic)),
            (&["Negotiate, Basic realm=x"], Some(Challenge::Basic)),
            (&["Bearer service=s"], None),
            (&["Negotiate abc=="], None),
            (&[""], None),
            (&[r#",,"=,Bearer "realm=,"#], None),
        ];
        for (lines, wanted) in rows {
            let values = lines.iter().map(|line| HeaderValue::from_str(line).unwrap());
            let headers = values.map(|value| (WWW_AUTHENTICATE, value)).collect::<Vec<_>>();
            let mut map = HeaderMap::new();
            headers.into_iter().for_each(|(name, value)| {
                map.append(name, value);
            });
            assert_eq!(choose(&map), wanted, "{lines:?}");
        }
    }
}
