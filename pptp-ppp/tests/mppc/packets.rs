//! Packets, and what may happen to them on the way.

use super::*;

#[test]
fn packets_are_compressed_then_encrypted() {
    let mut script = up(REQUIRE, "120601000041");
    let keys = script.keys.clone().unwrap();
    let mut decryptor =
        pptp_mppe::Decryptor::new(&keys.receive, Strength::Bits128, Mode::Stateless);
    let mut decompressor = Decompressor::new();
    for (number, packet) in [text(0), noise(1, 300), text(1), text(1)]
        .iter()
        .enumerate()
    {
        let sent = script.send(packet).unwrap();
        let header = header(&sent);
        let compressed = number != 1;
        let bits = if compressed { 0xf000 } else { 0x9000 };
        // Bit B stands where the history begins.
        assert_eq!(header & 0xb000, bits & 0xb000, "{number}");
        assert_eq!(usize::from(header & 0x0fff), number);
        assert_eq!(sent.information.len() < packet.len(), compressed);
        let mut data = sent.information[2..].to_vec();
        let trial = decryptor
            .decrypt(pptp_mppe::Count::new(header), true, &mut data)
            .unwrap();
        let flags = Flags::from_header(sent.information[0]);
        let clear = decompressor.decompress(flags, trial.commit()).unwrap();
        assert_eq!(clear, [&[0, 0x21], &packet[..]].concat());
    }
}

#[test]
fn packets_of_a_peer_are_decrypted_then_decompressed() {
    for (policy, options, mode) in [
        (REQUIRE, "120601000041", Mode::Stateless),
        (STATEFUL, "120600000041", Mode::Stateful),
    ] {
        let mut script = up(policy, options);
        let mut sealer = Compressing::new(&script, mode);
        for number in 0..600 {
            let packet = if number % 7 == 3 {
                noise(number, 200)
            } else {
                text(number as usize)
            };
            let frame = sealer.seal(&packet);
            assert_eq!(script.say(&frame), Ok(Some(packet)), "{number}");
        }
    }
}

#[test]
fn alone_it_is_sent_without_bit_d_and_never_longer_than_the_header() {
    for (policy, options, flushed) in [
        (MppePolicy::REFUSE, "120600000001", false),
        (ALONE_STATELESS, "120601000001", true),
        (MppePolicy::REFUSE, "120601000001", true),
    ] {
        let mut script = up(policy, options);
        assert_eq!(script.ppp.encryption(), (None, None));
        let mut decompressor = Decompressor::new();
        let mtu = script.ppp.mtu();
        assert_eq!(mtu, 1396, "header and Protocol field are in the 1400");
        for number in 0..200 {
            let packet = match number % 5 {
                0 => noise(number, mtu - 20),
                1 => noise(number, 600),
                _ => text(number as usize),
            };
            let sent = script.send(&packet).unwrap();
            let header = header(&sent);
            assert_eq!(header & 0x1000, 0);
            assert_eq!(u64::from(header & 0x0fff), number);
            let compressed = header & 0x2000 != 0;
            // Bit A: with each, or with the compressed one after one that was not.
            assert_eq!(header & 0x8000 != 0, flushed || number % 5 == 2, "{number}");
            assert_eq!(compressed, number % 5 > 1);
            assert!(sent.information.len() <= packet.len() + 4);
            let flags = Flags::from_header(sent.information[0]);
            let clear = decompressor
                .decompress(flags, &sent.information[2..])
                .unwrap();
            assert_eq!(clear, [&[0, 0x21], &packet[..]].concat());
        }
    }
}

#[test]
fn a_peers_packets_that_are_only_compressed_are_taken() {
    let mut script = up(MppePolicy::REFUSE, "120600000001");
    let mut peer = Peer::new();
    // More than the count has numbers.
    for number in 0..5000 {
        let packet = text(number);
        assert_eq!(
            script.say(&peer.send(&packet)),
            Ok(Some(packet)),
            "{number}"
        );
    }
    // Those that are not compressed at all, too.
    let clear = [&[0x21], &ipv4(b"y")[..]].concat();
    assert_eq!(script.say(&clear), Ok(Some(ipv4(b"y"))));
}

#[test]
fn a_loss_costs_what_rfc_2118_says_and_no_more() {
    let mut script = up(MppePolicy::REFUSE, "120600000001");
    let mut peer = Peer::new();
    for round in 0..20 {
        assert!(script.say(&peer.send(&text(0))).is_ok());
        for _ in 0..round {
            peer.send(&text(1));
        }
        let lost_any = round > 0;
        // What comes before the reset has reached the peer is lost, unless it stands alone.
        let next = peer.send(&text(2));
        if !lost_any {
            assert_eq!(script.say(&next), Ok(Some(text(2))));
            continue;
        }
        assert_eq!(script.say(&next), Err(Discard::AwaitsReset), "{round}");
        let (identifier, data) = script.newest(CCP, 14);
        assert_eq!(data, "", "the Reset-Request has no data");
        let alone = noise(round, 600);
        assert_eq!(script.say(&peer.send(&alone)), Ok(Some(alone)));
        // The peer flushes, and the first packet after that is taken, compressed or not. There is no Reset-Ack; one
        // that comes all the same is ignored.
        peer.compressor.flush();
        if round % 2 == 0 {
            script.tell(CCP, 15, identifier, "");
        }
        if round % 3 == 0 {
            let alone = noise(round, 600);
            assert_eq!(script.say(&peer.send(&alone)), Ok(Some(alone)));
        }
        for number in 3..6 {
            assert_eq!(
                script.say(&peer.send(&text(number))),
                Ok(Some(text(number)))
            );
        }
        assert_eq!(script.sent, []);
    }
}

#[test]
fn duplicates_and_late_packets_change_nothing() {
    let mut script = up(MppePolicy::REFUSE, "120600000001");
    let mut peer = Peer::new();
    let frames: Vec<_> = (0..5).map(|number| peer.send(&text(number))).collect();
    for (number, frame) in frames.iter().enumerate() {
        assert_eq!(script.say(frame), Ok(Some(text(number))));
        assert_eq!(script.say(frame), Err(Discard::WrongCount));
        assert_eq!(script.say(&frames[0]), Err(Discard::WrongCount));
    }
    assert_eq!(script.say(&peer.send(&text(9))), Ok(Some(text(9))));
}

#[test]
fn in_stateful_mode_key_stream_and_history_begin_anew_together() {
    let mut script = up(STATEFUL, "120600000041");
    let mut flushed = Vec::new();
    let mut last: u16 = 0xffff;
    for number in 0..2000 {
        let packet = if number % 10 == 0 {
            noise(number, 300)
        } else {
            text(number as usize)
        };
        let header = header(&script.send(&packet).unwrap());
        let count = header & 0x0fff;
        if header & 0x8000 != 0 {
            // To begin anew takes a new key, so that none is used twice.
            assert_eq!(count & 0xff, 0xff);
            flushed.push(number);
        } else {
            assert_eq!(count, last.wrapping_add(1) & 0x0fff);
        }
        last = count;
    }
    // As often as that is allowed, so that a few lost packets are never all of the count.
    let apart: Vec<_> = flushed.windows(2).map(|two| two[1] - two[0]).collect();
    assert!(apart.iter().all(|apart| *apart > 32), "{apart:?}");
    assert!(flushed.len() > 40, "{}", flushed.len());
}

#[test]
fn with_encryption_nothing_that_is_only_compressed_passes() {
    for (policy, options) in [
        (REQUIRE, "120601000041"),
        (STATEFUL, "120600000041"),
        (ALLOW, "120601000041"),
    ] {
        let mut script = up(policy, options);
        let mut peer = Peer::new();
        for _ in 0..3 {
            let forged = peer.send(&text(0));
            assert_eq!(script.say(&forged), Err(Discard::WrongEncryptionBits));
            assert_eq!(
                script.say(&[&[0x21], &ipv4(b"y")[..]].concat()),
                Err(Discard::NotEncrypted)
            );
        }
        assert_eq!(header(&script.send(&text(0)).unwrap()) & 0x1000, 0x1000);
        assert_eq!(script.down_reason(), None);
    }
    // And none before it is agreed on.
    let mut script: End = network(REQUIRE);
    assert_eq!(
        script.say(&Peer::new().send(&text(0))),
        Err(Discard::WrongEncryptionBits)
    );
    assert!(script.send(&text(0)).is_err());
}

#[test]
fn forged_packets_cost_a_reset_at_most() {
    let mut script = up(STATEFUL, "120600000041");
    let mut peer = Compressing::new(&script, Mode::Stateful);
    let mut dice = common::lossy::Dice::new(7);
    let mut lost = 0;
    for number in 0..3000 {
        let mut frame = vec![0xfd];
        // Compressed, with every combination of A and B, and with the next count or one near it.
        let bits = 0x3000 | (dice.below(4) as u16) << 14;
        let count = peer.next.wrapping_add(dice.below(3) as u16) & 0x0fff;
        frame.extend((bits | count).to_be_bytes());
        let len = dice.below(60) as usize;
        frame.extend((0..len).map(|_| dice.below(256) as u8));
        if let Ok(Some(packet)) = script.say(&frame) {
            panic!("from nobody: {}", hex(&packet));
        }
        let packet = text(number);
        match script.say(&peer.seal(&packet)) {
            Ok(Some(taken)) => assert_eq!(taken, packet),
            _ => lost += 1,
        }
        script.wait(20);
        // The peer heeds our Reset-Requests.
        if script.heard().iter().any(|heard| heard.1 == 14) {
            peer.flush();
        }
    }
    println!("{lost} of 3000 lost");
    assert!(lost < 60, "{lost} of 3000 lost");
    assert_eq!(script.down_reason(), None);
}

#[test]
fn in_stateless_mode_bit_a_stands_for_itself() {
    // Somebody clears it on the way. Each packet stands alone all the same.
    let mut script = up(REQUIRE, "120601000041");
    let mut peer = Compressing::new(&script, Mode::Stateless);
    for number in 0..300 {
        let mut frame = peer.seal(&text(number));
        frame[1] &= 0x7f;
        assert_eq!(script.say(&frame), Ok(Some(text(number))));
    }
}
