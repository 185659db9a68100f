//! `pptp_ppp::{wire, automaton}`.

use crate::{any, bytes, printed, used};
use pptp_ppp::automaton::{self, Event, State};
use pptp_ppp::codec::{Reader, Writer};
use pptp_ppp::wire::eap_md5::Md5Challenge;
use pptp_ppp::wire::eap_mschapv2;
use pptp_ppp::wire::eap_nak::{Expanded, ExpandedNak, ExpandedType, Nak};
use pptp_ppp::wire::{
    Code, Frame, Hex, Options, Packet, Protocol, RawOption, Text, ccp, chap, eap, ipcp, ipv6cp,
    lcp, mppe, pap, write_header,
};

pub(super) fn frames() {
    let mut buffer = [0; 64];
    match Frame::parse(bytes()) {
        Ok(frame) => {
            printed(frame);
            printed(frame.protocol);
            used(frame.payload);
            let mut writer = Writer::new(&mut buffer);
            frame.encode(&mut writer, any(true), any(true));
            used(writer.finish());
        }
        Err(error) => printed(error),
    }
    if let Some(frame) = any(&mut buffer[..]).get_mut(..any(8)) {
        used(Frame::parse_mut(frame));
    }
    let mut writer = Writer::new(any(&mut buffer[..]));
    write_header(&mut writer, any(Protocol::LCP), any(true), any(true));
    used(writer.finish());

    let protocol = any(Protocol(1));
    used(protocol.is_well_formed());
    used(protocol.is_network());
}

pub(super) fn packets() {
    let mut buffer = [0; 64];
    let mut writer = Writer::new(any(&mut buffer[..]));
    match Packet::parse(bytes()) {
        Ok(packet) => {
            printed(packet.code);
            packet.encode(&mut writer);
            for option in Options::new(packet.data) {
                match option {
                    Ok(option) => {
                        printed(option);
                        used(option.encoded_len());
                        option.encode(&mut writer);
                    }
                    Err(error) => printed(error),
                }
            }
        }
        Err(error) => printed(error),
    }
    Packet::encode_with(&mut writer, any(Code::ECHO_REPLY), any(1), |writer| {
        let value = bytes();
        RawOption {
            kind: any(3),
            value,
        }
        .encode(writer);
    });
    used(writer.finish());
    printed(Hex(bytes()));
    printed(Text(bytes()));
}

pub(super) fn automaton() {
    used(automaton::step(any(State::Opened), any(Event::Rca)));
    used(any(State::Opened).runs_restart_timer());
}

/// Parses, prints and writes again what a type of this crate makes of `$input`.
macro_rules! round_trip {
    ($($Type:ty: $input:expr $(, $identifier:expr)?;)+) => {{
        let mut buffer = [0; 64];
        let mut writer = Writer::new(any(&mut buffer[..]));
        $(
            match <$Type>::parse($input) {
                Ok(value) => {
                    printed(value);
                    value.encode(&mut writer $(, $identifier)?);
                }
                Err(error) => printed(error),
            }
        )+
        used(writer.finish());
    }};
}

pub(super) fn messages() {
    for option in Options::new(bytes()).flatten() {
        round_trip! {
            lcp::ConfigOption: option;
            ccp::ConfigOption: option;
            ipcp::ConfigOption: option;
            ipv6cp::ConfigOption: option;
        }
    }
    round_trip! {
        lcp::Echo: bytes();
        lcp::ProtocolReject: bytes();
        lcp::Identification: bytes();
        lcp::TimeRemaining: bytes();
        mppe::Header: &mut Reader::new(bytes());
        Md5Challenge<'_>: bytes();
        Nak<'_>: bytes();
        Expanded<'_>: bytes();
        ExpandedNak<'_>: bytes();
        eap_mschapv2::Message<'_>: bytes();
    }
    if let Ok(nak) = Nak::parse(bytes()) {
        nak.types().for_each(printed);
    }
    if let Ok(nak) = ExpandedNak::parse(bytes()) {
        nak.types().for_each(printed);
        let mut buffer = [0; 64];
        let mut writer = Writer::new(any(&mut buffer[..]));
        ExpandedNak::encode_types(&mut writer, nak.types());
        used(writer.finish());
    }
    used(any(ExpandedType::of(eap::Type::TLS)).legacy());
    if let Ok(packet) = Packet::parse(bytes()) {
        round_trip! {
            chap::Message: packet, any(1);
            eap::Message: packet, any(1);
            pap::Message: packet, any(1);
        }
    }
    let header = any(mppe::Header::from_word(1));
    used((header.word(), header.bits(), header.count()));
    used(any(ccp::MppeBits::ENCRYPTION).strongest());
}
