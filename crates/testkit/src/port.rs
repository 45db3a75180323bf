//! A port of loopback that stays ours from before a server listens on it until after it is gone.
//!
//! A socket is bound to it with `SO_REUSEPORT` and never listens, so that it takes no connection.
//! As long as it is open, the kernel gives the port to nobody who asks for any port, and lets only
//! sockets of the same user bind to it that set the option too (socket(7)).

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener};
use std::os::fd::OwnedFd;

use rustix::net::{self, AddressFamily, SocketFlags, SocketType, sockopt};

use crate::RigError;

/// How many connections may wait to be accepted.
const BACKLOG: i32 = 64;

/// A port of 127.0.0.1, ours as long as the value lives.
#[derive(Debug)]
pub(crate) struct ReservedPort {
    _socket: OwnedFd,
    number: u16,
}

impl ReservedPort {
    /// Reserves a port that nobody has.
    pub(crate) fn new() -> Result<Self, RigError> {
        reserved(0).map_err(|source| RigError::Port { source: source.into() })
    }

    /// Reserves a port that was ours before; another one where somebody has taken it, or where
    /// there was none.
    pub(crate) fn again(number: Option<u16>) -> Result<Self, RigError> {
        number.and_then(|number| reserved(number).ok()).map_or_else(Self::new, Ok)
    }

    pub(crate) fn number(&self) -> u16 {
        self.number
    }

    /// Listens on the port in this process.
    pub(crate) fn listen(&self) -> Result<TcpListener, RigError> {
        let listening = bound(self.number).and_then(|socket| {
            net::listen(&socket, BACKLOG)?;
            Ok(TcpListener::from(socket))
        });
        listening.map_err(|source| RigError::Port { source: source.into() })
    }
}

fn reserved(number: u16) -> rustix::io::Result<ReservedPort> {
    let socket = bound(number)?;
    let address = SocketAddr::try_from(net::getsockname(&socket)?)?;
    Ok(ReservedPort { _socket: socket, number: address.port() })
}

fn bound(port: u16) -> rustix::io::Result<OwnedFd> {
    let socket =
        net::socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    sockopt::set_socket_reuseport(&socket, true)?;
    net::bind(&socket, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, port))?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;
    use std::net::TcpStream;

    use super::*;

    #[test]
    fn a_port_is_reserved_again_unless_somebody_has_taken_it() {
        let port = ReservedPort::new().unwrap();
        let number = port.number();
        drop(port);
        assert_eq!(ReservedPort::again(Some(number)).unwrap().number(), number);
        let taken = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        assert_ne!(ReservedPort::again(None).unwrap().number(), 0);
        let listener = TcpListener::bind(("127.0.0.1", taken)).unwrap();
        assert_ne!(ReservedPort::again(Some(taken)).unwrap().number(), taken);
        drop(listener);
    }

    #[test]
    fn a_reserved_port_refuses_until_somebody_listens_and_is_given_to_nobody_else() {
        let port = ReservedPort::new().unwrap();
        let address = ("127.0.0.1", port.number());
        let connect = || TcpStream::connect(address).map(drop).map_err(|error| error.kind());
        assert_eq!(connect(), Err(ErrorKind::ConnectionRefused));
        let taken = TcpListener::bind(address).unwrap_err();
        assert_eq!(taken.kind(), ErrorKind::AddrInUse);
        let listener = port.listen().unwrap();
        assert_eq!(listener.local_addr().unwrap().port(), port.number());
        assert_eq!(connect(), Ok(()));
        drop(listener);
        assert_eq!(connect(), Err(ErrorKind::ConnectionRefused));
    }
}
