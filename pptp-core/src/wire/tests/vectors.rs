//! Control messages as others build and send them.

use crate::wire::*;
use alloc::vec::Vec;

pub(crate) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    let octet = |pair: &[u8]| u8::from_str_radix(core::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(octet).collect()
}

/// A message from its hexadecimal parts, each of which is a field filled up with zeros to the width that goes with it.
pub(crate) fn padded(parts: &[(&str, usize)]) -> Vec<u8> {
    let mut octets = Vec::new();
    for (text, width) in parts {
        let part = hex(text);
        let len = octets.len() + width.max(&part.len());
        octets.extend(part);
        octets.resize(len, 0);
    }
    octets
}

const fn capabilities<'a>(
    [framing, bearer]: [u32; 2],
    [max_channels, firmware_revision]: [u16; 2],
    host_name: &'a [u8],
    vendor: &'a [u8],
) -> Capabilities<'a> {
    Capabilities {
        framing: Framing::from_bits_retain(framing),
        bearer: Bearer::from_bits_retain(bearer),
        max_channels,
        firmware_revision,
        host_name,
        vendor,
    }
}

/// All 15 messages as Scapy 2's `scapy.layers.pptp` builds them, and some as real peers sent them.
///
/// Scapy gives an Incoming-Call-Reply a Length of 148; here it is 24, as RFC 2637 §2.10 has it.
pub(crate) fn vectors() -> Vec<(Vec<u8>, Message<'static>, &'static str)> {
    let scapy = [
        (
            padded(&[
                (
                    "009c0001 1a2b3c4d 0001 0000 0100 0000 00000002 00000003 0102 0304",
                    0,
                ),
                ("706e732e6578616d706c65", 64),
                ("7363617079", 64),
            ]),
            StartControlConnectionRequest {
                version: Version(0x0100),
                capabilities: capabilities([2, 3], [0x0102, 0x0304], b"pns.example", b"scapy"),
            }
            .into(),
            "SCCRQ PROTO_VER(1.0) FRAME_CAP(S) BEARER_CAP(AD) MAX_CHAN(258) FIRM_REV(772) \
             HOSTNAME(pns.example) VENDOR(scapy)",
        ),
        (
            padded(&[
                (
                    "009c0001 1a2b3c4d 0002 0000 0100 04 05 00000001 00000002 0009 000a",
                    0,
                ),
                ("6c696e7578", 64),
                ("76", 64),
            ]),
            StartControlConnectionReply {
                version: Version(0x0100),
                result: StartResult::NotAuthorized,
                error: GeneralError::BadCallId,
                capabilities: capabilities([1, 2], [9, 10], b"linux", b"v"),
            }
            .into(),
            "SCCRP PROTO_VER(1.0) RESULT_CODE(4:Requester is not authorized to establish a command \
             channel) ERR_CODE(5:Bad-Call ID) FRAME_CAP(A) BEARER_CAP(D) MAX_CHAN(9) FIRM_REV(10) \
             HOSTNAME(linux) VENDOR(v)",
        ),
        (
            hex("001000011a2b3c4d0003000003000000"),
            StopControlConnectionRequest {
                reason: StopReason::LocalShutdown,
            }
            .into(),
            "StopCCRQ REASON(3:Stop-Local-Shutdown)",
        ),
        (
            hex("001000011a2b3c4d0004000002010000"),
            StopControlConnectionReply {
                result: StopResult::GeneralError,
                error: GeneralError::NotConnected,
            }
            .into(),
            "StopCCRP RESULT_CODE(2:General error) ERR_CODE(1:Not-Connected)",
        ),
        (
            hex("001000011a2b3c4d0005000001020304"),
            EchoRequest {
                identifier: 0x0102_0304,
            }
            .into(),
            "ECHORQ ID(16909060)",
        ),
        (
            hex("001400011a2b3c4d000600000102030401000000"),
            EchoReply {
                identifier: 0x0102_0304,
                result: EchoResult::Ok,
                error: GeneralError::None,
            }
            .into(),
            "ECHORP ID(16909060) RESULT_CODE(1:OK) ERR_CODE(0:None)",
        ),
        (
            padded(&[
                ("00a80001 1a2b3c4d 0007 0000 0a0b 0c0d 0000012c 05f5e100", 0),
                ("00000003 00000002 0040 0005 0007 0000", 0),
                ("35353531323132", 64),
                ("737562", 64),
            ]),
            OutgoingCallRequest {
                call_id: 0x0a0b,
                call_serial_number: 0x0c0d,
                minimum_bps: 300,
                maximum_bps: 100_000_000,
                bearer: Bearer::ANALOG.union(Bearer::DIGITAL),
                framing: Framing::SYNCHRONOUS,
                receive_window: 64,
                processing_delay: 5,
                phone_number: b"5551212",
                subaddress: b"sub",
            }
            .into(),
            "OCRQ CALL_ID(2571) CALL_SER_NUM(3085) MIN_BPS(300) MAX_BPS(100000000) BEARER_TYPE(AD) \
             FRAME_TYPE(S) RECV_WIN(64) PROC_DELAY(5) PHONE_NO(5551212) SUB_ADDR(sub)",
        ),
        (
            hex("002000011a2b3c4d0008000000010002040300110000fa000010000200000063"),
            OutgoingCallReply {
                call_id: 1,
                peer_call_id: 2,
                result: OutgoingCallResult::Busy,
                error: GeneralError::BadValue,
                cause: 17,
                connect_speed: 64000,
                receive_window: 16,
                processing_delay: 2,
                physical_channel_id: 99,
            }
            .into(),
            "OCRP CALL_ID(1) PEER_CALL_ID(2) RESULT_CODE(4:Busy) ERR_CODE(3:Bad-Value) \
             CAUSE_CODE(17) CONN_SPEED(64000) RECV_WIN(16) PROC_DELAY(2) PHY_CHAN_ID(99)",
        ),
        (
            padded(&[
                (
                    "00dc0001 1a2b3c4d 0009 0000 0003 0004 00000002 00000005 0003 0004",
                    0,
                ),
                ("313233", 64),
                ("34353637", 64),
                ("73", 64),
            ]),
            IncomingCallRequest {
                call_id: 3,
                call_serial_number: 4,
                bearer: Bearer::DIGITAL,
                physical_channel_id: 5,
                dialed_number: b"123",
                dialing_number: b"4567",
                subaddress: b"s",
            }
            .into(),
            "ICRQ CALL_ID(3) CALL_SER_NUM(4) BEARER_TYPE(D) PHY_CHAN_ID(5) DIALED_NO(123) \
             DIALING_NO(4567) SUB_ADDR(s)",
        ),
        (
            hex("001800011a2b3c4d000a0000000500060304000700080000"),
            IncomingCallReply {
                call_id: 5,
                peer_call_id: 6,
                result: IncomingCallResult::DoNotAccept,
                error: GeneralError::NoResource,
                receive_window: 7,
                transmit_delay: 8,
            }
            .into(),
            "ICRP CALL_ID(5) PEER_CALL_ID(6) RESULT_CODE(3:Do Not Accept) ERR_CODE(4:No-Resource) \
             RECV_WIN(7) PROC_DELAY(8)",
        ),
        (
            hex("001c00011a2b3c4d000b0000000700000001c2000009000a00000001"),
            IncomingCallConnected {
                peer_call_id: 7,
                connect_speed: 115_200,
                receive_window: 9,
                transmit_delay: 10,
                framing: Framing::ASYNCHRONOUS,
            }
            .into(),
            "ICCN PEER_CALL_ID(7) CONN_SPEED(115200) RECV_WIN(9) PROC_DELAY(10) FRAME_TYPE(A)",
        ),
        (
            hex("001000011a2b3c4d000c0000fcb00000"),
            CallClearRequest { call_id: 64688 }.into(),
            "CCRQ CALL_ID(64688)",
        ),
        (
            padded(&[
                ("00940001 1a2b3c4d 000d 0000 0008 03 02 0010 0000", 0),
                ("696e2031206f75742032", 128),
            ]),
            CallDisconnectNotify {
                call_id: 8,
                result: DisconnectResult::AdminShutdown,
                error: GeneralError::BadFormat,
                cause: 16,
                statistics: b"in 1 out 2",
            }
            .into(),
            "CDN CALL_ID(8) RESULT_CODE(3:Admin Shutdown) ERR_CODE(2:Bad-Format) CAUSE_CODE(16) \
             CALL_STATS(in 1 out 2)",
        ),
        (
            hex(
                "002800011a2b3c4d000e00000009000000000001000000020000000300000004\
                 0000000500000006",
            ),
            WanErrorNotify {
                peer_call_id: 9,
                crc_errors: 1,
                framing_errors: 2,
                hardware_overruns: 3,
                buffer_overruns: 4,
                time_out_errors: 5,
                alignment_errors: 6,
            }
            .into(),
            "WEN PEER_CALL_ID(9) CRC_ERR(1) FRAMING_ERR(2) HARDWARE_OVERRUN(3) BUFFER_OVERRUN(4) \
             TIMEOUT_ERR(5) ALIGN_ERR(6)",
        ),
        (
            hex("001800011a2b3c4d000f0000000a0000000a0000ffffffff"),
            SetLinkInfo {
                peer_call_id: 10,
                send_accm: 0x000a_0000,
                receive_accm: 0xffff_ffff,
            }
            .into(),
            "SLI PEER_CALL_ID(10) SEND_ACCM(0x000a0000) RECV_ACCM(0xffffffff)",
        ),
    ];
    let captured = [
        // A Windows 7 client and RRAS.
        (
            padded(&[
                (
                    "009c0001 1a2b3c4d 0001 0000 0100 0000 00000001 00000001 0000 0000",
                    92,
                ),
                ("4d6963726f736f6674", 64),
            ]),
            StartControlConnectionRequest {
                version: Version::V1_0,
                capabilities: capabilities([1, 1], [0, 0], b"", b"Microsoft"),
            }
            .into(),
            "SCCRQ PROTO_VER(1.0) FRAME_CAP(A) BEARER_CAP(A) MAX_CHAN(0) FIRM_REV(0) HOSTNAME() \
             VENDOR(Microsoft)",
        ),
        (
            padded(&[
                (
                    "009c0001 1a2b3c4d 0002 0000 0100 01 00 00000002 00000003 0000 0000",
                    92,
                ),
                ("4d6963726f736f6674", 64),
            ]),
            StartControlConnectionReply {
                version: Version::V1_0,
                result: StartResult::Successful,
                error: GeneralError::None,
                capabilities: capabilities([2, 3], [0, 0], b"", b"Microsoft"),
            }
            .into(),
            "SCCRP PROTO_VER(1.0) RESULT_CODE(1:Successful channel establishment) ERR_CODE(0:None) \
             FRAME_CAP(S) BEARER_CAP(AD) MAX_CHAN(0) FIRM_REV(0) HOSTNAME() VENDOR(Microsoft)",
        ),
        (
            padded(&[
                ("00a80001 1a2b3c4d 0007 0000 9d49 0013 0000012c 05f5e100", 0),
                ("00000003 00000003 0040 0000 0000 0000", 80),
                ("96157121fdb78f47b5d0be36d2e97e50", 64),
            ]),
            OutgoingCallRequest {
                call_id: 40265,
                call_serial_number: 19,
                minimum_bps: 300,
                maximum_bps: 100_000_000,
                bearer: Bearer::from_bits_retain(3),
                framing: Framing::from_bits_retain(3),
                receive_window: 64,
                processing_delay: 0,
                phone_number: b"",
                subaddress: b"\x96\x15\x71\x21\xfd\xb7\x8f\x47\xb5\xd0\xbe\x36\xd2\xe9\x7e\x50",
            }
            .into(),
            "OCRQ CALL_ID(40265) CALL_SER_NUM(19) MIN_BPS(300) MAX_BPS(100000000) BEARER_TYPE(AD) \
             FRAME_TYPE(AS) RECV_WIN(64) PROC_DELAY(0) PHONE_NO() \
             SUB_ADDR(\\x96\\x15q!\\xfd\\xb7\\x8fG\\xb5\\xd0\\xbe6\\xd2\\xe9~P)",
        ),
        (
            hex("002000011a2b3c4d00080000736a9d490100000000ca9a3b4000000000000000"),
            OutgoingCallReply {
                call_id: 29546,
                peer_call_id: 40265,
                result: OutgoingCallResult::Connected,
                error: GeneralError::None,
                cause: 0,
                connect_speed: 13_277_755,
                receive_window: 16384,
                processing_delay: 0,
                physical_channel_id: 0,
            }
            .into(),
            "OCRP CALL_ID(29546) PEER_CALL_ID(40265) RESULT_CODE(1:Connected) ERR_CODE(0:None) \
             CAUSE_CODE(0) CONN_SPEED(13277755) RECV_WIN(16384) PROC_DELAY(0) PHY_CHAN_ID(0)",
        ),
        (
            padded(&[("00940001 1a2b3c4d 000d 0000 3b37 00 00 0000 0000", 148)]),
            CallDisconnectNotify {
                call_id: 15159,
                result: DisconnectResult::Other(0),
                error: GeneralError::None,
                cause: 0,
                statistics: b"",
            }
            .into(),
            "CDN CALL_ID(15159) RESULT_CODE(0:Unknown) ERR_CODE(0:None) CAUSE_CODE(0) CALL_STATS()",
        ),
        // pptp-linux and pptpd.
        (
            padded(&[
                (
                    "009c0001 1a2b3c4d 0001 0000 0100 0000 00000003 00000003 ffff 0001",
                    0,
                ),
                ("6c6f63616c", 64),
                ("63616e616e69616e", 64),
            ]),
            StartControlConnectionRequest {
                version: Version::V1_0,
                capabilities: capabilities([3, 3], [65535, 1], b"local", b"cananian"),
            }
            .into(),
            "SCCRQ PROTO_VER(1.0) FRAME_CAP(AS) BEARER_CAP(AD) MAX_CHAN(65535) FIRM_REV(1) \
             HOSTNAME(local) VENDOR(cananian)",
        ),
        (
            padded(&[
                (
                    "009c0001 1a2b3c4d 0002 0000 0100 01 00 00000000 00000000 0001 0001",
                    0,
                ),
                ("6c6f63616c", 64),
                ("6c696e7578", 64),
            ]),
            StartControlConnectionReply {
                version: Version::V1_0,
                result: StartResult::Successful,
                error: GeneralError::None,
                capabilities: capabilities([0, 0], [1, 1], b"local", b"linux"),
            }
            .into(),
            "SCCRP PROTO_VER(1.0) RESULT_CODE(1:Successful channel establishment) ERR_CODE(0:None) \
             FRAME_CAP() BEARER_CAP() MAX_CHAN(1) FIRM_REV(1) HOSTNAME(local) VENDOR(linux)",
        ),
        (
            hex("002000011a2b3c4d000800000000c9c501000000009896800003000000000000"),
            OutgoingCallReply {
                call_id: 0,
                peer_call_id: 51653,
                result: OutgoingCallResult::Connected,
                error: GeneralError::None,
                cause: 0,
                connect_speed: 10_000_000,
                receive_window: 3,
                processing_delay: 0,
                physical_channel_id: 0,
            }
            .into(),
            "OCRP CALL_ID(0) PEER_CALL_ID(51653) RESULT_CODE(1:Connected) ERR_CODE(0:None) \
             CAUSE_CODE(0) CONN_SPEED(10000000) RECV_WIN(3) PROC_DELAY(0) PHY_CHAN_ID(0)",
        ),
    ];
    scapy.into_iter().chain(captured).collect()
}
