//! What the head of an answer says, judged before a byte of the body is used.

use landfall_transport::{printable, retry_after};
use reqwest::header::{CONTENT_ENCODING, HeaderMap, HeaderName, TRANSFER_ENCODING};
use reqwest::{Response, StatusCode};
use tokio::time::timeout;

use crate::{DownloadError, Expected, Limits};

const REFUSAL_CHARACTERS: usize = 200;
const REFUSAL_BYTES: usize = 4096;

/// Checks that the answer can be the file; gives the size that will come, where it is known.
pub(crate) fn check(
    response: &Response,
    expected: Option<&Expected>,
    limits: &Limits,
) -> Result<Option<u64>, DownloadError> {
    check_encoding(response.headers())?;
    let announced = response.content_length();
    let expected_size = expected.and_then(|expected| expected.size_bytes);
    if expected.is_none() && announced.is_none() && !is_chunked(response.headers()) {
        return Err(DownloadError::UnknownLength);
    }
    if let (Some(expected_bytes), Some(announced_bytes)) = (expected_size, announced)
        && expected_bytes != announced_bytes
    {
        return Err(DownloadError::WrongSize { expected_bytes, announced_bytes });
    }
    let total = announced.or(expected_size);
    if total.is_some_and(|total| total > limits.size_limit_bytes) {
        return Err(DownloadError::OverLimit { limit_bytes: limits.size_limit_bytes });
    }
    Ok(total)
}

fn check_encoding(headers: &HeaderMap) -> Result<(), DownloadError> {
    let encodings = list(headers, &CONTENT_ENCODING);
    let coded = encodings.into_iter().find(|encoding| !encoding.eq_ignore_ascii_case("identity"));
    coded.map_or(Ok(()), |encoding| {
        Err(DownloadError::Encoded { encoding: printable(&encoding, 40) })
    })
}

fn is_chunked(headers: &HeaderMap) -> bool {
    let encodings = list(headers, &TRANSFER_ENCODING);
    encodings.last().is_some_and(|encoding| encoding.eq_ignore_ascii_case("chunked"))
}

/// The members of a header that is a list (RFC 9110, section 5.6.1).
fn list(headers: &HeaderMap, name: &HeaderName) -> Vec<String> {
    let lines = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
    let members = lines.flat_map(|line| {
        line.split(',').map(|member| member.trim().to_owned()).collect::<Vec<_>>()
    });
    members.filter(|member| !member.is_empty()).collect()
}

/// Turns an answer that is no file into what the server has to say.
pub(crate) async fn refusal(mut response: Response, limits: &Limits) -> DownloadError {
    let status = response.status();
    let retry_after = retry_after(response.headers());
    let mut body = Vec::new();
    // What the server says is a courtesy: neither its length nor its end is waited for.
    let _ = timeout(limits.stall_timeout, read_beginning(&mut response, &mut body)).await;
    let body = printable(&String::from_utf8_lossy(&body), REFUSAL_CHARACTERS);
    DownloadError::Status { status, advice: advice(status), retry_after, body }
}

async fn read_beginning(response: &mut Response, body: &mut Vec<u8>) {
    while body.len() < REFUSAL_BYTES {
        let Ok(Some(chunk)) = response.chunk().await else { return };
        body.extend(chunk.iter().take(REFUSAL_BYTES - body.len()));
    }
}

fn advice(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 | 403 => {
            "; no credentials are ever sent to a URL, so the file must be readable without"
        }
        404 | 410 => "; nothing stands at this URL",
        407 => "; the proxy wants a user and a password in its own URL",
        200..300 => "; only 200 brings the whole file",
        _ => "",
    }
}
