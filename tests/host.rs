//! The host of a server, at its console: what it may do that nobody else may.

mod support;

use parloir::RelayConfig;
use parloir::relay::Role;
use support::Stage;

#[test]
fn a_host_that_removed_itself_came_back_as_a_ghost() {
    let mut stage = Stage::new(RelayConfig::default());
    let tag = stage.listener(Role::Host);
    let host = stage.connect_to(tag);
    stage.hear(host);
    stage.send(host, "/kick HOST\n/who\n");
    assert_eq!(
        stage.hear(host),
        "* that is you; /quit stops the server\n* lobby: host\n"
    );
    assert!(!stage.is_closed(host));
}
