//! What happens when there is no room.

use super::*;

fn with_limits<const N: usize, const M: usize>(connections: usize, calls: usize) -> Gateway<N, M> {
    let mut config = Config::new();
    config.first_call_id = 40_000;
    config.connections_per_opener = connections;
    config.calls_per_connection = calls;
    Gateway::new(config)
}

/// A SYN from nobody that will ever answer.
fn syn<const N: usize, const M: usize>(
    gateway: &mut Gateway<N, M>,
    seconds: u64,
    host: u8,
) -> Result<(), Refusal> {
    let line = Line::new(Ipv4Addr::new(192, 168, 9, host), 1025);
    let mut syn = line.packet(Side::Inside, 1, SYN, &[]);
    gateway.handle_packet(at(seconds), line.flow, Side::Inside, &mut syn)?;
    Ok(())
}

#[test]
fn a_flood_of_syns_ends_no_call() {
    let mut gateway: Gateway<4, 4> = gateway();
    let mut lines: Vec<Line> = (1..4)
        .map(|port| {
            let mut line = Line::open(&mut gateway, ALICE, port);
            line.call(&mut gateway, port, port);
            line
        })
        .collect();
    for host in 1..=250 {
        syn(&mut gateway, u64::from(host), host).unwrap();
    }
    assert_eq!((gateway.connections(), gateway.flows().count()), (4, 3));
    for line in &mut lines {
        line.say(&mut gateway, Side::Inside, &link_info(1));
    }
    // With one call more there is nothing that could make way.
    let (mut gateway, mut line) = (gateway, Line::new(BOB, 9));
    line.handshake(&mut gateway, Side::Inside).unwrap();
    line.call(&mut gateway, 9, 9);
    for host in 1..=250 {
        assert_eq!(syn(&mut gateway, 1000, host), Err(Refusal::NoRoom));
    }
    assert_eq!(gateway.flows().count(), 4);
    assert_eq!(gateway.stats().no_room, 250);
}

#[test]
fn who_makes_way_is_who_is_missed_the_least() {
    let mut gateway: Gateway<3, 3> = gateway();
    // One that is open and has no call, one that both have closed, one that is being opened.
    let mut quiet = Line::open(&mut gateway, ALICE, 1);
    let mut over = Line::open(&mut gateway, ALICE, 2);
    over.pass(&mut gateway, Side::Inside, ACK | FIN, &[])
        .unwrap();
    over.pass(&mut gateway, Side::Outside, ACK | FIN, &[])
        .unwrap();
    syn(&mut gateway, 1, 1).unwrap();
    let has = |gateway: &Gateway<3, 3>, flow| {
        gateway
            .connections
            .iter()
            .flatten()
            .any(|it| it.flow == flow)
    };
    syn(&mut gateway, 2, 2).unwrap();
    assert!(!has(&gateway, over.flow));
    syn(&mut gateway, 3, 3).unwrap();
    assert!(
        !has(
            &gateway,
            Line::new(Ipv4Addr::new(192, 168, 9, 1), 1025).flow
        ),
        "the oldest"
    );
    assert!(has(&gateway, quiet.flow));
    for (host, line) in [(2, Line::new(BOB, 3)), (3, Line::new(BOB, 4))] {
        let mut line = line;
        line.handshake(&mut gateway, Side::Inside).unwrap();
        line.call(&mut gateway, host, host);
    }
    assert_eq!(
        syn(&mut gateway, 59, 5),
        Err(Refusal::NoRoom),
        "it may still ask for a call"
    );
    quiet.say(&mut gateway, Side::Inside, &[]);
    syn(&mut gateway, 60, 5).unwrap();
    assert!(!has(&gateway, quiet.flow));
    assert_eq!(gateway.flows().count(), 2);
}

#[test]
fn one_address_has_only_so_many_connections() {
    let mut gateway: Gateway<8, 8> = with_limits(2, 8);
    Line::open(&mut gateway, ALICE, 1);
    Line::open(&mut gateway, ALICE, 2);
    let mut third = Line::new(ALICE, 3);
    assert_eq!(
        third.handshake(&mut gateway, Side::Inside),
        Err(Refusal::NoRoom)
    );
    Line::open(&mut gateway, BOB, 1);
    // From outside it is the outside's that counts.
    let mut fourth = Line::new(ALICE, 4);
    fourth.handshake(&mut gateway, Side::Outside).unwrap();
    assert_eq!(gateway.connections(), 4);
    let refused = gateway.open_stream(at(0), flow_of(ALICE, 9), Side::Inside);
    assert_eq!(refused, Err(Refusal::NoRoom));
}

/// Who dials again and again leaves connections behind that are over.
#[test]
fn what_one_address_has_closed_makes_way_for_it() {
    let mut gateway: Gateway<8, 8> = with_limits(2, 8);
    let mut others = Line::open(&mut gateway, BOB, 1);
    for side in [Side::Inside, Side::Outside] {
        others.pass(&mut gateway, side, ACK | FIN, &[]).unwrap();
    }
    for port in 1..=20 {
        let mut line = Line::open(&mut gateway, ALICE, port);
        for side in [Side::Inside, Side::Outside] {
            line.pass(&mut gateway, side, ACK | FIN, &[]).unwrap();
        }
    }
    // Its own two, and that of another address, which was not to make way.
    assert_eq!(gateway.connections(), 3);
    assert_eq!(gateway.stats().no_room, 0);
}

#[test]
fn one_connection_has_only_so_many_calls() {
    let mut gateway: Gateway<8, 8> = with_limits(8, 2);
    let mut line = Line::open(&mut gateway, ALICE, 1);
    line.call(&mut gateway, 1, 1);
    line.call(&mut gateway, 2, 2);
    // What is in front of the request passes.
    let both = [link_info(1), outgoing_request(3)].concat();
    let passed = line.pass(&mut gateway, Side::Inside, ACK, &both).unwrap();
    assert_eq!(passed, both[..24 + 12]);
    let rest = &both[passed.len()..];
    for _ in 0..3 {
        let refused = line.pass(&mut gateway, Side::Inside, ACK, rest);
        assert_eq!(refused, Err(Refusal::NoRoom));
    }
    // Once there is room it goes on.
    line.say(&mut gateway, Side::Outside, &disconnect(1));
    let passed = line.say(&mut gateway, Side::Inside, rest);
    assert_eq!(id_at(&passed, 0), 40_002);
}

#[test]
fn calls_that_are_over_make_way_though_nobody_has_asked() {
    let mut gateway: Gateway<1, 2> = gateway();
    let mut line = Line::open(&mut gateway, ALICE, 1);
    line.call(&mut gateway, 1, 1);
    line.call(&mut gateway, 2, 2);
    assert_eq!(events(&mut gateway).len(), 2);
    let full = line.pass(&mut gateway, Side::Inside, ACK, &outgoing_request(3));
    assert_eq!(full.unwrap().len(), 12);
    line.say(&mut gateway, Side::Outside, &disconnect(1));
    let rest = line.say(&mut gateway, Side::Inside, &outgoing_request(3)[12..]);
    assert_eq!(id_at(&rest, 0), 40_002);
    assert_eq!(gateway.flows().count(), 2);
    assert_eq!(gateway.stats().untold, 1);
    assert_eq!(events(&mut gateway), []);
}

#[test]
fn with_no_places_nothing_is_taken() {
    let mut none: Gateway<0, 0> = gateway();
    assert_eq!(syn(&mut none, 0, 1), Err(Refusal::NoRoom));
    assert_eq!(
        none.handle_gre_from_outside(SERVER, &mut gre_to(0)),
        Err(Discard::NoCall)
    );
    let mut no_calls: Gateway<1, 0> = gateway();
    let mut line = Line::open(&mut no_calls, ALICE, 1);
    let request = outgoing_request(1);
    assert_eq!(
        line.pass(&mut no_calls, Side::Inside, ACK, &request),
        Ok(request[..12].to_vec())
    );
}

/// An id is not given again before all others of its place have been: what is late is nobody else's.
#[test]
fn ids_are_used_again_as_late_as_can_be() {
    // Three places do not divide the ids evenly: it has to work around the end, too.
    let mut config = Config::new();
    config.first_call_id = 65_000;
    let mut gateway: Gateway<1, 3> = Gateway::new(config);
    let mut line = Line::open(&mut gateway, ALICE, 1);
    let mut used = alloc::collections::BTreeSet::new();
    for turn in 0..2_000 {
        let given = line.call(&mut gateway, 1, 2);
        assert!(used.insert(given), "{given} again after {turn} calls");
        line.say(&mut gateway, Side::Outside, &disconnect(2));
        events(&mut gateway);
    }
    assert!(used.contains(&65_535) && used.contains(&0));
}

/// What the documentation says of memory.
#[test]
fn memory_is_bounded() {
    let none = size_of::<Gateway<0, 0>>();
    let connection = size_of::<Gateway<1, 0>>() - none;
    let call = size_of::<Gateway<0, 1>>() - none;
    assert!(
        (300..=330).contains(&connection),
        "{connection} octets a connection"
    );
    assert!((40..=50).contains(&call), "{call} octets a call");
}
