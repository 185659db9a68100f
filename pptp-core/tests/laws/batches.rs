//! Several packets at once give what one after the other would.

use super::dice::Dice;
use super::ends::packet;
use super::late::FullInAnyOrder;
use super::traffic::{Tunnel, tunnel};
use core::time::Duration;
use pptp_core::ppp::config::{Modes, MppePolicy, Requirement, Strengths};
use pptp_core::ppp::{Full, Profile};
use pptp_core::testkit::Conditions;
use pptp_core::time::Instant;
use pptp_core::{Client, Discard, Inbound, Network, Outgoing, Server};

/// A tunnel that is up, and the time.
fn up<P: Profile>(
    modes: Modes,
    requirement: Requirement,
    seed: u64,
) -> (Client<P>, Server<P>, Instant) {
    let policy = MppePolicy {
        requirement,
        strengths: Strengths::BITS_128,
        modes,
    };
    let mut sim: Tunnel<P> = tunnel(policy, Conditions::PERFECT, seed);
    sim.run_for(Duration::from_secs(5));
    let now = sim.now();
    let (client, server) = (sim.client.session, sim.server.session);
    assert!(client.is_up(Network::Ipv4) && server.is_up(Network::Ipv4));
    assert!(client.compression().0.is_some());
    (client, server, now)
}

type Taken = Result<Option<Vec<u8>>, Discard>;

fn note(inbound: Result<Inbound<'_>, Discard>) -> Taken {
    match inbound {
        Ok(Inbound::Packet { packet, .. }) => Ok(Some(packet.to_vec())),
        Ok(_) => Ok(None),
        Err(discard) => Err(discard),
    }
}

fn content(dice: &mut Dice, number: usize) -> Vec<u8> {
    let len = dice.below(700);
    let line = format!("packet number {number}, one of many. ");
    let mut text: Vec<u8> = line.bytes().cycle().take(len).collect();
    if dice.one_in(3) {
        text.fill_with(|| dice.octet());
    }
    packet(&text)
}

/// What a path makes of datagrams: lost, doubled, late, changed, and others in between.
fn arriving(dice: &mut Dice, sent: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let mut arriving: Vec<Vec<u8>> = Vec::new();
    let mut held = Vec::new();
    for datagram in sent {
        match dice.below(20) {
            0 => {}
            1 => arriving.extend([datagram.clone(), datagram]),
            2 => held.push(datagram),
            3 => {
                let mut changed = datagram.clone();
                let place = dice.below(changed.len());
                changed[place] ^= 1 << dice.below(8);
                arriving.extend([changed, datagram]);
            }
            4 => {
                let mut junk = datagram.clone();
                let len = 16 + dice.below(30);
                junk.truncate(len);
                arriving.extend([junk, datagram]);
            }
            5 => {
                // The same number with an Echo-Request in it.
                let mut echo = datagram.clone();
                echo.truncate(12);
                echo[3] = 0x0b;
                echo[4..6].copy_from_slice(&12_u16.to_be_bytes());
                echo[1] = 0x01;
                echo.extend([0xff, 3, 0xc0, 0x21, 9, 9, 0, 8, 0, 0, 0, 0]);
                arriving.extend([echo, datagram]);
            }
            _ => arriving.push(datagram),
        }
        if dice.one_in(3) {
            arriving.append(&mut held);
        }
    }
    arriving
}

fn check<P: Profile>(seed: u64) -> usize {
    let mut dice = Dice::seed(seed);
    let modes = dice.pick(&[Modes::STATELESS, Modes::STATELESS, Modes::STATEFUL]);
    let requirement = dice.pick(&[
        Requirement::Require,
        Requirement::Require,
        Requirement::Refuse,
    ]);
    let (mut client, server, now) = up::<P>(modes, requirement, seed);
    let packets: Vec<_> = (0..40).map(|number| content(&mut dice, number)).collect();

    // Sent by batches, and one by one.
    let mut one = client.clone();
    let mut sent = Vec::new();
    let mut rest = &packets[..];
    while !rest.is_empty() {
        let (some, others) = rest.split_at(rest.len().min(1 + dice.below(15)));
        rest = others;
        // Sometimes there is an acknowledgment to take along, and not always enough room.
        let room = if dice.one_in(4) { 500 } else { 800 };
        let mut rooms = vec![vec![0; room]; some.len()];
        let mut outgoing: Vec<_> = some
            .iter()
            .zip(&mut rooms)
            .map(|(packet, room)| Outgoing::new(packet, room))
            .collect();
        client.send_batch(now, Network::Ipv4, &mut outgoing);
        let batched: Vec<_> = outgoing
            .iter()
            .map(|it| it.sent().map(<[u8]>::to_vec))
            .collect();
        for (packet, batched) in some.iter().zip(&batched) {
            let mut out = vec![0; room];
            let single = one.send(now, Network::Ipv4, packet, &mut out);
            assert_eq!(&single.map(<[u8]>::to_vec), batched, "{seed}");
        }
        sent.extend(batched.into_iter().flatten());
        assert_eq!(format!("{client:?}"), format!("{one:?}"), "{seed}");
    }

    // Received one by one, and in batches of which not all is always taken.
    let mut arriving = arriving(&mut dice, sent);
    let mut copy = arriving.clone();
    let mut one = server.clone();
    let single: Vec<_> = copy
        .iter_mut()
        .map(|datagram| note(one.handle_gre(now, datagram)))
        .collect();
    let mut several = server;
    let mut batched = Vec::new();
    while batched.len() < arriving.len() {
        let most = 1 + dice.below(20);
        let mut slices: Vec<&mut [u8]> = arriving[batched.len()..]
            .iter_mut()
            .take(most)
            .map(|datagram| &mut datagram[..])
            .collect();
        let mut left = if dice.one_in(3) {
            1 + dice.below(most)
        } else {
            most
        };
        let mut batch = several.handle_gre_batch(now, &mut slices);
        while left > 0
            && let Some(inbound) = batch.next()
        {
            batched.push(note(inbound));
            left -= 1;
        }
    }
    assert_eq!(single, batched, "{seed}");
    assert_eq!(arriving, copy, "{seed}");
    assert_eq!(format!("{one:?}"), format!("{several:?}"), "{seed}");
    single.iter().flatten().flatten().count()
}

#[test]
fn batches_give_what_one_by_one_gives() {
    let arrived: usize = (0..300).map(check::<Full>).sum();
    println!("{arrived} of {} packets arrived", 300 * 40);
    assert!(arrived > 300 * 15);
}

#[test]
fn batches_give_what_one_by_one_gives_where_late_packets_are_taken() {
    let arrived: usize = (0..200).map(check::<FullInAnyOrder>).sum();
    let in_order: usize = (0..200).map(check::<Full>).sum();
    println!("{arrived} packets arrived, {in_order} of them in order");
    assert!(arrived > in_order);
    let arrived: usize = (0..60).map(check_jobs::<FullInAnyOrder>).sum();
    let in_order: usize = (0..60).map(check_jobs::<Full>).sum();
    assert!(arrived > in_order);
}

/// A packet each of several tunnels at once, of which not all are up.
fn check_jobs<P: Profile>(seed: u64) -> usize {
    let mut dice = Dice::seed(seed);
    let mut now = Instant::ZERO;
    let (mut clients, mut servers): (Vec<_>, Vec<_>) = (0..1 + dice.below(9))
        .map(|number| {
            let modes = dice.pick(&[Modes::STATELESS, Modes::STATELESS, Modes::STATEFUL]);
            let requirement = dice.pick(&[
                Requirement::Require,
                Requirement::Require,
                Requirement::Refuse,
            ]);
            let (mut client, mut server, up) = up::<P>(modes, requirement, seed ^ number as u64);
            now = now.max(up);
            match dice.below(20) {
                0 => client.control_closed(now),
                1 => server.control_closed(now),
                2 => client.close(now),
                3 => server.close(now),
                4 => {
                    server = Server::new(super::ends::server_config(MppePolicy::default()), [3; 32])
                }
                _ => {}
            }
            (client, server)
        })
        .unzip();

    let mut one = clients.clone();
    let mut sent: Vec<Vec<Vec<u8>>> = vec![Vec::new(); clients.len()];
    for number in 0..12 {
        let packets: Vec<_> = clients
            .iter()
            .map(|_| {
                if dice.one_in(40) {
                    return vec![0x45; 66_000];
                }
                content(&mut dice, number)
            })
            .collect();
        let room = if dice.one_in(4) { 500 } else { 800 };
        let mut rooms = vec![vec![0; room]; packets.len()];
        let mut outgoing: Vec<_> = packets
            .iter()
            .zip(&mut rooms)
            .map(|(packet, room)| Outgoing::new(packet, room))
            .collect();
        let mut jobs: Vec<_> = clients.iter_mut().zip(&mut outgoing).collect();
        for jobs in jobs.chunks_mut(1 + dice.below(12)) {
            Client::send_jobs(now, Network::Ipv4, jobs);
        }
        for (((one, packet), outgoing), sent) in
            one.iter_mut().zip(&packets).zip(&outgoing).zip(&mut sent)
        {
            let mut out = vec![0; room];
            let single = one.send(now, Network::Ipv4, packet, &mut out);
            assert_eq!(single, outgoing.sent(), "{seed}");
            sent.extend(single.map(<[u8]>::to_vec));
        }
        assert_eq!(format!("{clients:?}"), format!("{one:?}"), "{seed}");
    }

    let mut arriving: Vec<_> = sent
        .into_iter()
        .map(|sent| arriving(&mut dice, sent))
        .collect();
    if dice.one_in(4) {
        // Those of another session.
        arriving.rotate_left(1);
    }
    let mut copy = arriving.clone();
    let mut one = servers.clone();
    let single: Vec<Vec<_>> = one
        .iter_mut()
        .zip(&mut copy)
        .map(|(server, arriving)| {
            let taken = arriving.iter_mut();
            taken
                .map(|datagram| note(server.handle_gre(now, datagram)))
                .collect()
        })
        .collect();
    let mut taken: Vec<Vec<Taken>> = vec![Vec::new(); servers.len()];
    loop {
        // Of each the first that has not been taken yet.
        let (mut jobs, mut takers): (Vec<_>, Vec<_>) = servers
            .iter_mut()
            .zip(&mut arriving)
            .zip(&mut taken)
            .filter_map(|((server, arriving), taken)| {
                let datagram = arriving.get_mut(taken.len())?;
                Some(((server, &mut datagram[..]), taken))
            })
            .unzip();
        if jobs.is_empty() {
            break;
        }
        let most = jobs.len()
            - if dice.one_in(3) {
                dice.below(jobs.len())
            } else {
                0
            };
        let mut jobs = Server::handle_gre_jobs(now, &mut jobs);
        for taker in takers.iter_mut().take(most) {
            taker.push(note(jobs.next().unwrap()));
        }
        assert_eq!(jobs.left(), takers.len() - most);
    }
    assert_eq!(single, taken, "{seed}");
    assert_eq!(arriving, copy, "{seed}");
    assert_eq!(format!("{one:?}"), format!("{servers:?}"), "{seed}");
    single.iter().flatten().flatten().flatten().count()
}

#[test]
fn jobs_of_several_sessions_give_what_one_by_one_gives() {
    let arrived: usize = (0..200).map(check_jobs::<Full>).sum();
    println!("{arrived} packets arrived");
    assert!(arrived > 200 * 15);
}

#[test]
fn without_a_call_nothing_is_taken_or_sent() {
    let (client, _, now) = up::<Full>(Modes::STATELESS, Requirement::Require, 1);
    let mut fresh: Client<Full> =
        Client::new(super::ends::client_config(MppePolicy::default()), [1; 32]);
    let mut datagram = client.clone();
    let mut out = [0; 200];
    let mut datagram = datagram
        .send(now, Network::Ipv4, &packet(b"x"), &mut out)
        .unwrap()
        .to_vec();
    let mut slices = [&mut datagram[..]];
    let mut batch = fresh.handle_gre_batch(now, &mut slices);
    assert_eq!(batch.next().unwrap().unwrap_err(), Discard::NoCall);
    assert!(batch.next().is_none());
    drop(batch);
    let packet = packet(b"x");
    let mut rooms = [[0; 200]; 2];
    let mut outgoing: Vec<_> = rooms
        .iter_mut()
        .map(|room| Outgoing::new(&packet, room))
        .collect();
    fresh.send_batch(now, Network::Ipv4, &mut outgoing);
    assert!(outgoing.iter().all(|it| it.sent().is_err()));
}
