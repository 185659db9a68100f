//! Which encryption is negotiated with keys that do not serve every strength: those of MS-CHAPv1.

use super::super::Mppe;
use super::*;
use crate::config::Modes;
use pptp_mppe::StartKey;
use std::vec::Vec;

const NOW: Instant = Instant::ZERO;

fn policy(requirement: Requirement) -> MppePolicy {
    MppePolicy {
        requirement,
        strengths: Strengths::all(),
        modes: Modes::STATELESS,
    }
}

fn up(requirement: Requirement, keys: LinkKeys) -> Mppe {
    let mut sealer = Mppe::new(policy(requirement), false, Timing::default());
    sealer.lower_layer_up(NOW, Some(keys));
    sealer
}

/// What it asks for, if for anything.
fn asked(sealer: &mut Mppe) -> Option<MppeBits> {
    let mut buffer = [0; 100];
    let mut writer = Writer::new(&mut buffer);
    let pending = sealer.write_next(&mut writer)?;
    sealer.sent(pending);
    let packet = Packet::parse(writer.written()).unwrap();
    assert_eq!(packet.code, Code::CONFIGURE_REQUEST);
    decode(Options::new(packet.data).next()?.ok()?)
}

fn tell(sealer: &mut Mppe, code: Code, identifier: u8, bits: MppeBits) {
    let mut data = Vec::from([18, 6]);
    data.extend(bits.bits().to_be_bytes());
    let packet = Packet {
        code,
        identifier,
        data: &data,
    };
    sealer.handle_packet(NOW, packet).unwrap();
}

const NT: StartKey = StartKey::from_bytes([1; 16]);
const LM: StartKey = StartKey::from_bytes([3; 16]);

fn only_nt() -> LinkKeys {
    LinkKeys::same(Some(NT), None)
}

fn only_lm() -> LinkKeys {
    LinkKeys::same(None, Some(LM))
}

#[test]
fn only_what_there_are_keys_for_is_asked_for() {
    let weak = MppeBits::BITS_40 | MppeBits::BITS_56;
    for (keys, expected) in [
        (only_nt(), MppeBits::BITS_128),
        (only_lm(), weak),
        (
            LinkKeys::same(Some(NT), Some(LM)),
            MppeBits::BITS_128 | weak,
        ),
    ] {
        let mut sealer = up(Requirement::Require, keys);
        let bits = asked(&mut sealer).unwrap();
        assert_eq!(bits & MppeBits::ENCRYPTION, expected);
        assert_eq!(sealer.take_outcome(), Outcome::Nothing);
    }
}

#[test]
fn without_a_key_for_what_is_required_there_is_no_link() {
    let only_128 = MppePolicy {
        strengths: Strengths::BITS_128,
        ..policy(Requirement::Require)
    };
    let mut sealer = Mppe::new(only_128, false, Timing::default());
    sealer.lower_layer_up(NOW, Some(only_lm()));
    let outcome = Outcome::Failed(DownReason::NoEncryptionKeys);
    assert_eq!(sealer.take_outcome(), outcome);
    assert_eq!(asked(&mut sealer), None);

    let allowed = MppePolicy {
        requirement: Requirement::Allow,
        ..only_128
    };
    let mut sealer = Mppe::new(allowed, false, Timing::default());
    sealer.lower_layer_up(NOW, Some(only_lm()));
    assert_eq!(sealer.take_outcome(), Outcome::Settled);
    assert_eq!(asked(&mut sealer), None);
}

#[test]
fn new_keys_that_serve_less_end_the_link() {
    for requirement in [Requirement::Require, Requirement::Allow] {
        let mut sealer = up(requirement, only_nt());
        let bits = asked(&mut sealer).unwrap();
        tell(&mut sealer, Code::CONFIGURE_REQUEST, 1, bits);
        tell(&mut sealer, Code::CONFIGURE_ACK, 1, bits);
        sealer.set_keys(Some(LinkKeys::same(Some(LM), Some(LM))));
        assert_eq!(sealer.take_outcome(), Outcome::Settled);
        assert_eq!(sealer.gate(), Gate::Sealed);
        sealer.set_keys(Some(only_lm()));
        let outcome = Outcome::Failed(DownReason::NoEncryptionKeys);
        assert_eq!(sealer.take_outcome(), outcome, "{requirement:?}");
        assert_eq!(sealer.gate(), Gate::Closed);
    }
}
