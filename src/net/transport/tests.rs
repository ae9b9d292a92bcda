//! Tests the options of the system's listeners and streams.

use super::*;

/// Without a limit, the last lines to a peer that vanished were sent again and again for a quarter of an
/// hour.
#[test]
fn a_machine_that_vanished_with_bytes_under_way_was_waited_for() {
    for (keepalive, stall, gone_after) in [(120, 60, 184), (120, 600, 600), (0, 60, 0)] {
        let config = ServerConfig {
            keepalive: Duration::from_secs(keepalive),
            stall: Duration::from_secs(stall),
            ..ServerConfig::default()
        };
        let listener = listen_tcp("127.0.0.1:0".parse().unwrap(), &config).unwrap();
        let _peer = StdTcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (accepted, _) = listener.accept().unwrap();
        let timeout = SockRef::from(&accepted).tcp_user_timeout().unwrap();
        let expected = Duration::from_secs(gone_after);
        assert_eq!(timeout.unwrap_or_default(), expected);
    }
}
