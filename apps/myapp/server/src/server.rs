//! The life of the server: it listens, hands each request on, and stops without dropping one.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::CONTENT_LENGTH;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{sleep, timeout};

use crate::answer::{Body, Site};
use crate::notice;

/// How long a client may take to send the head of a request, or to think of another one. Longer
/// than the 60 seconds after which load balancers usually let go: if the server did so first, the
/// balancer would now and then send a request into a connection that is just being closed.
const HEAD_TIMEOUT: Duration = Duration::from_secs(75);

/// How long to wait when no connection can be had, mostly for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves the site on all addresses until SIGTERM or SIGINT, then finishes what is in flight.
///
/// # Errors
/// The port could not be had, or requests were still unfinished when the time to stop was over.
pub(crate) fn run(site: Site, port: u16) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = runtime.block_on(serve(Arc::new(site), port));
    // A read that hangs on a broken disk must not keep the process alive.
    runtime.shutdown_background();
    result
}

async fn serve(site: Arc<Site>, port: u16) -> io::Result<()> {
    // Before the first connection: whoever can reach the server can also stop it well.
    let stop = stop_signal()?;
    let listener = listen(port).await?;
    notice(&format!("listening on {}", listener.local_addr()?));
    let connections = GracefulShutdown::new();
    accept_until(stop, listener, &site, &connections).await;
    notice("stopping");
    let unfinished = |_| io::Error::other("stopped before all requests were finished");
    timeout(site.settings.stop, connections.shutdown()).await.map_err(unfinished)
}

/// Takes both kinds of address where the machine has both, and IPv4 alone where it has not.
async fn listen(port: u16) -> io::Result<TcpListener> {
    let all = [
        SocketAddr::from((Ipv6Addr::UNSPECIFIED, port)),
        SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)),
    ];
    TcpListener::bind(all.as_slice()).await.map_err(|error| {
        let what = format!("cannot listen on port {port}: {error}");
        io::Error::new(error.kind(), what)
    })
}

/// A future that is ready once the process is asked to stop. As the first process of a container
/// it gets no default from the kernel: without this, SIGTERM would do nothing at all.
fn stop_signal() -> io::Result<Pin<Box<impl Future<Output = ()>>>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(Box::pin(poll_fn(move |context| {
        match (terminate.poll_recv(context), interrupt.poll_recv(context)) {
            (Poll::Pending, Poll::Pending) => Poll::Pending,
            _ => Poll::Ready(()),
        }
    })))
}

/// Accepts connections until `stop` is ready. The listener is closed on return.
async fn accept_until(
    mut stop: Pin<Box<impl Future<Output = ()>>>,
    listener: TcpListener,
    site: &Arc<Site>,
    connections: &GracefulShutdown,
) {
    loop {
        let next = poll_fn(|context| match stop.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(None),
            Poll::Pending => listener.poll_accept(context).map(Some),
        });
        match next.await {
            None => return,
            Some(Ok((stream, peer))) => attend(stream, peer, Arc::clone(site), connections),
            Some(Err(error)) => {
                notice(&format!("cannot accept a connection: {error}"));
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Answers the requests of one connection, beside all the others.
fn attend(stream: TcpStream, peer: SocketAddr, site: Arc<Site>, connections: &GracefulShutdown) {
    let service = service_fn(move |request| answer_and_log(Arc::clone(&site), peer, request));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service);
    let connection = connections.watch(connection);
    // A client that goes away in the middle is its own affair, so the result is dropped.
    tokio::spawn(async move { drop(connection.await) });
}

async fn answer_and_log(
    site: Arc<Site>,
    peer: SocketAddr,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    let (head, _) = request.into_parts();
    let asked = format!("{} {} {:?}", head.method, head.uri, head.version);
    let response = site.answer(head).await;
    log_access(peer.ip().to_canonical(), &asked, &response);
    Ok(response)
}

/// One line for one request: who, what, status, bytes. No time in it: whatever collects the
/// output of containers puts one before each line.
fn log_access(client: IpAddr, asked: &str, response: &Response<Body>) {
    let status = response.status().as_u16();
    let length = response.headers().get(CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()).unwrap_or("-");
    // Escaped, so that no request can write a line of its own or a control sequence.
    let line = format!("{client} \"{}\" {status} {length}\n", asked.escape_debug());
    let _ = io::stdout().lock().write_all(line.as_bytes());
}
