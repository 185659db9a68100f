#!/usr/bin/env python3
"""Makes the seeds of the fuzz targets from the captured sessions: fuzz/make-seeds.py [CAPTURE-FOLDER]

One file for each kind of thing that real peers sent, told apart by what a parser branches on.
"""
import base64
import hashlib
import pathlib
import random
import re
import struct
import sys

here = pathlib.Path(__file__).parent
captures = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else here / "../examples/tests/captures")
seen = set()


def seed(target, kind, data, most=600):
    if (target, kind) in seen or len(data) > most:
        return
    seen.add((target, kind))
    folder = here / "seeds" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / hashlib.sha1(data).hexdigest()[:16]).write_bytes(data)


def ip_packets(capture):
    """The IPv4 packets of a pcap file of Ethernet."""
    data = capture.read_bytes()
    if data[:4] != b"\xd4\xc3\xb2\xa1" or struct.unpack_from("<I", data, 20)[0] != 1:
        return
    at = 24
    while at + 16 <= len(data):
        length = struct.unpack_from("<I", data, at + 8)[0]
        frame = data[at + 16 : at + 16 + length]
        at += 16 + length
        if frame[12:14] == b"\x08\x00":
            total = struct.unpack_from(">H", frame, 16)[0]
            yield frame[14 : 14 + total]


def options(data):
    while len(data) >= 2 and data[1] >= 2:
        yield data[0], data[1]
        data = data[data[1] :]


def ppp_kind(frame):
    """Protocol, code and options of a frame, as far as it has any."""
    rest = frame[2:] if frame[:2] == b"\xff\x03" else frame
    if not rest:
        return None
    size = 1 if rest[0] & 1 else 2
    protocol, rest = int.from_bytes(rest[:size], "big"), rest[size:]
    kind = [len(frame) - len(rest), protocol]
    if protocol >= 0x8000 and len(rest) >= 4:
        kind.append(rest[0])
        if protocol != 0xC223 and 1 <= rest[0] <= 4:
            kind += options(rest[4:])
    elif protocol == 0xFD:
        kind.append(rest[0] >> 4)
    return tuple(kind), protocol, rest


def gre(packet):
    flags, _, length = struct.unpack_from(">HHH", packet)
    header = 8 + (4 if flags & 0x1000 else 0) + (4 if flags & 0x80 else 0)
    frame = packet[header : header + length]
    parsed = ppp_kind(frame)
    seed("gre", (flags, length > 0, len(packet) > header + length), packet)
    if parsed:
        kind, protocol, rest = parsed
        seed("ppp_frame", kind, frame)
        if protocol == 0xC223:
            seed("mschapv2", (rest[0], len(rest) // 8), rest)
        if protocol == 0xC227:
            for mode in (0, 2):
                seed("eap", (mode, rest[0], rest[4:6]), bytes([mode]) + rest)


def control(stream):
    while len(stream) >= 12 and stream[4:8] == b"\x1a\x2b\x3c\x4d":
        length, = struct.unpack_from(">H", stream)
        message = stream[:length]
        kind = struct.unpack_from(">H", stream, 8)[0]
        seed("control_message", (kind, length, message[16:18]), message)
        stream = stream[length:]


for capture in sorted(captures.glob("*.pcap")):
    for packet in ip_packets(capture):
        if int.from_bytes(packet[6:8], "big") & 0x3FFF:
            continue  # a fragment
        payload = packet[(packet[0] & 15) * 4 :]
        flags = payload[:2] if packet[9] == 47 else payload[13:14]
        seed("filter", (packet[9], payload[:2] < payload[2:4], flags), packet, 200)
        if packet[9] == 47:
            gre(payload)
        elif packet[9] == 6:
            payload = payload[(payload[12] >> 4) * 4 :]
            control(payload)

# What no capture has: the other control messages of RFC 2637 section 2, by type and length; padding behind a packet.
for kind, length in {3: 16, 4: 16, 9: 220, 10: 24, 11: 28, 13: 148, 14: 40, 15: 24}.items():
    control(struct.pack(">HHIHH", length, 1, 0x1A2B3C4D, kind, 0) + bytes(range(length - 12)))
gre(bytes.fromhex("3081880b0002123400000005000000060021") + bytes(10))

# What no capture has of CHAP and EAP: Change-Password of each version (RFC 2433 sections 9 and 10, RFC 2759 section 7), with a
# password that is encrypted with the hash of "authenticator's"; Nak and Expanded Nak (RFC 3748 section 5.3).
def rc4(key, data):
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    i = j = 0
    out = bytearray()
    for octet in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(octet ^ state[(state[i] + state[j]) % 256])
    return bytes(out)


password = "looking-glass".encode("utf-16-le")
old_hash = bytes.fromhex("c46f6642abdb1f9a1a53262380e7475d")
block = rc4(old_hash, bytes(512 - len(password)) + password + len(password).to_bytes(4, "little"))
for code, data in {
    5: bytes(range(64)) + bytes([0, 13, 0, 1]),
    6: block + bytes(16) + bytes(516 + 16 + 24 + 24) + bytes([0, 1]),
    7: block + bytes(16 + 16 + 8 + 24 + 2),
}.items():
    seed("mschapv2", ("change", code), struct.pack(">BBH", code, 1, len(data) + 4) + data, 1200)
    seed("mschapv2", ("odd change", code), struct.pack(">BBH", code, 1, 84) + data[:80])
change = bytes([7, 1, 2, 0x4A]) + block + bytes(16 + 16 + 8 + 24 + 2)


def chap(code, identifier, data):
    return struct.pack(">BBH", code, identifier, len(data) + 4) + data


# Refused, another try, refused for an expired password (the last octet of a name decides), and changed: at either machine.
answer = bytes([49]) + bytes(range(16)) + bytes(8 + 24 + 1)
challenge = b"C=" + b"00112233445566778899AABBCCDDEEFF" + b" V=3"
as_peer = [
    chap(1, 5, bytes([16]) + bytes(range(16))),
    chap(4, 5, b"E=691 R=1 " + challenge),
    chap(4, 6, b"E=648 R=0 " + challenge),
    chap(3, 7, b"S=" + b"00" * 20),
]
as_authenticator = [chap(2, 1, answer + b"\x01"), chap(2, 2, answer + b"\x02"), chap(7, 3, change[4:])]
seed("mschapv2", "tries as peer", b"".join(as_peer), 1200)
seed("mschapv2", "tries as authenticator", b"".join(as_authenticator), 1200)

for data in [bytes([26]) + change, bytes([3, 26, 13, 0]), bytes([254]) + bytes.fromhex("00000000000003fe00000000000005fe00001400000006")]:
    packet = struct.pack(">BBH", 2, 9, len(data) + 4) + data
    seed("ppp_frame", ("eap", data[:1]), b"\xc2\x27" + packet)

# EAP: whole conversations with either end (a method begun, refused, tried again, and one that is the caller's), and two ends
# between whom packets arrive, are lost, come twice, are changed and go back.
def as_eap(packet):
    return chap(1 if packet[0] in (1, 3, 4) else 2, packet[0] + packet[1], bytes([26]) + packet)


for mode in (0, 2):
    for number, packets in enumerate((as_peer, as_authenticator)):
        identity = chap(1 + number, 1, b"\x01alice")
        packets = identity + b"".join(map(as_eap, packets)) + chap(3, 7, b"") + chap(4, 7, b"")
        seed("eap", ("tries", mode, number), bytes([mode]) + packets, 1300)
    tls = chap(1, 1, b"\x0d\x20") + chap(2, 2, b"\x0d\x00") + chap(1, 3, b"\xfe\x00\x01\x37\x00\x00\x00\x21") + chap(2, 1, b"\x03\x0d\x04")
    seed("eap", ("tls", mode), bytes([mode]) + tls)
for acts in ("05" * 12, "050002" + "05" * 12, "0505030a01" + "05" * 12, "05050404010005" + "05" * 12):
    seed("eap", ("acts", acts), bytes([1]) + bytes.fromhex(acts))

# MPPE: strength, mode and rule; packets after so many losses, resets (0x80), forged ones (0xc0 and a count), so many at
# once (0x80 and their number) that are sent, lost or renumbered.
for setup in [strength | rule for strength in range(3) for rule in (0, 4, 12, 20)]:
    script = "0000038000c10123c20000c300007f007f8002800000007f7f058000"
    seed("mppe", setup, bytes([setup]) + bytes.fromhex(script) + b"a packet")
    batches = "860000000000008a0001010002fe000080008d00010000060a0000000000000000840000000000"
    seed("mppe", ("batches", setup), bytes([setup]) + bytes.fromhex(batches) + b"a packet")

# MPPC: links at each level, whose packets are new, repeated, or made of earlier ones, some lost or flushed; and packets
# of codes: literals, matches of each kind, and what is wrong with some.
text = b"\x00\x21for whom the bell tolls, the bell tolls for thee. "
noise = random.Random(1).randbytes(160)
for level in range(3):
    operations = [(0, text), (3, text), (1, b"ab"), (0x12, text), (0, noise), (4, text), (11, text), (3, text), (7, noise)]
    script = b"".join(bytes([what, len(data)]) + data for what, data in operations * 3)
    seed("mppc", level, bytes([level]) + script, 4000)


def codes(flags, bits):
    bits += "0" * (-len(bits) % 32)
    data = int(bits, 2).to_bytes(len(bits) // 8, "big")
    return bytes([flags, len(data) // 4]) + data


plain = "".join(f"{octet:08b}" for octet in text)
for number, packets in enumerate([
    [(0xE0, plain), (0x20, "1111000011" "0" + plain)],  # offset 3, length 3
    [(0xE0, plain), (0x20, "111000000000" "10" "11" + plain)],  # 64, 7
    [(0xE0, plain * 8), (0x20, "1100000000000000" "111110" "000001" + plain)],  # 320, 65
    [(0xE0, plain + "1111000001" "111111111110" "000000000001"), (0x60, plain + "1101111010111111" "0")],  # 4097; 8191
    [(0xE0, "100000001" * 40 + "1111000000" "0")],  # 0
    [(0xE0, plain + "1111000001" + "1" * 20), (0x20, plain), (0x80, plain), (0x20, plain)],
]):
    seed("mppc", (3, number), bytes([3]) + b"".join(codes(*packet) for packet in packets), 4000)

# A GRE session: the first number; then in order, after losses, again, forged, time that passes, sent.
in_order, lost, again, forged, later, sent = "00000000", "03000300", "04010000", "25000640", "06ff0000", "073c0400"
for base in ("00000000", "00000001", "fffffffe"):
    for steps in (
        [in_order] * 4,
        [in_order, in_order, lost, in_order, again, in_order, later, sent],
        [in_order, in_order, forged, in_order, "05400000", "a5400001", in_order, later, "05800000", in_order],
        [in_order, "03020000", in_order, in_order, lost, in_order, forged, again, "04020000", later, sent],
    ):
        data = bytes.fromhex(base + "".join(steps))
        seed("gre_session", data, data)

# Two ends: an attacker that mostly watches, and callers that mostly do as they should, from a seed each.
for number in range(6):
    generator = random.Random(number)
    seed("pair", number, bytes([number]) + generator.randbytes(560))
    seed("session_ops", number, bytes([3]) + generator.randbytes(2500), 3000)
    seed("pair", (number, "compressing"), bytes([number + 128]) + generator.randbytes(560))

# A control connection of each role and origin: it starts, has calls of both kinds, and what the peer says of them comes, and
# then anything.
for first in (0, 1, 2, 4, 5, 6, 25, 30):
    generator = random.Random(first)
    start = "12 01 01000000 0000" if first & 4 else "12 02 010001000000"
    calls = "14 15 07 000500000000 09 000600000000 16 17 08 000500000100 0a 000600000100 1a 1b 0c 000500000000 0d 0005"
    script = bytes.fromhex(start.replace(" ", "")) + bytes.fromhex(calls.replace(" ", ""))
    seed("control_ops", first, bytes([first]) + script + generator.randbytes(300))

# A link of each kind: packets sent, some lost, repeated, changed or forged, a reset asked for, and others in between.
kinds = 7
for kind in range(kinds):
    generator = random.Random(kind)
    send = lambda: bytes([10, generator.randrange(3), generator.randrange(200)])
    script = b"".join(
        send() + send() + step
        for step in (
            b"", bytes([0, 0, 50]), bytes([7]), send(), bytes([1, 2]), bytes([2, 3, 9, 1]), bytes([8]), bytes([9, 7]),
            bytes([3, 0, 11, 8]) + generator.randbytes(8), bytes([3, 0, 3, 20]) + generator.randbytes(20), send(),
        )
    )
    seed("suite", kind, bytes([kind, 7, 2]) + script)

# RADIUS: what FreeRADIUS and eapol_test sent, and ours to them; the other kinds of attributes; EAP in pieces.
recorded = (here / "../pptp-ppp/radius/src/tests/recorded.rs").read_text()
for name, digits in re.findall(r'const (\w+): &str = "([^"]*)"', recorded):
    seed("radius", name, bytes.fromhex("".join(digits.replace("\\", "").split())), 4000)


def attribute(kind, value):
    return bytes([kind, len(value) + 2]) + value


def microsoft(kind, value):
    return attribute(26, struct.pack(">I", 311) + attribute(kind, value))


changes = [(3, 70, 5), (4, 84, 6), (5, 247, 6), (6, 247, 6), (27, 68, 7)]
for name, body in {
    "changes": b"".join(microsoft(kind, bytes([code, 1, 0, 1]) + bytes(size - 4)) for kind, size, code in changes),
    "pieces": b"".join(microsoft(6, bytes([6, 1, 0, n]) + bytes(size)) for n, size in ((1, 243), (2, 243), (3, 30))),
    "keys": b"".join(microsoft(kind, b"\x80\x01" + bytes(32)) for kind in (16, 17)) + microsoft(12, bytes(32)),
    "words": microsoft(2, b"\x01E=648 R=0 C=" + b"0" * 32 + b" V=3 M=x") + microsoft(26, b"\x01S=" + b"A" * 40),
    "policy": microsoft(7, b"\0\0\0\2") + microsoft(8, b"\0\0\0\6") + attribute(8, bytes(4)) + attribute(27, bytes(4)),
    "eap": attribute(79, bytes(253)) + attribute(79, bytes(100)) + attribute(24, b"state") + attribute(18, b"hello"),
    "proofs": attribute(2, bytes(32)) + attribute(3, bytes(17)) + attribute(60, bytes(16)) + microsoft(1, bytes(50)),
}.items():
    for code in (1, 2, 3, 11):
        header = struct.pack(">BBH", code, 9, len(body) + 20)
        seed("radius", (name, code), header + bytes(16) + body, 4000)

# Fragments of EAP-TLS, each behind its length; Extensions of PEAP with a cryptobinding; certificates.
pieces = [bytes([0x20]), bytes([0xC0, 0, 0, 0, 6]) + b"abc", b"\x00def", bytes([0x80, 0, 0, 0, 2]) + b"gh", b"\x00"]
seed("eap_tls", "fragments", b"".join(bytes([len(piece)]) + piece for piece in pieces), 4000)
tlvs = bytes.fromhex("800300020001 000c003800000000") + bytes(range(52)) + bytes.fromhex("8004000600000000 0063 00630001ff")
for code in (1, 2):
    seed("eap_tls", ("extensions", code), bytes([code, 9, 0, len(tlvs) + 5, 33]) + tlvs, 4000)
seed("eap_tls", "challenge", bytes([26, 1, 7, 0, 25, 16]) + bytes(16) + b"gate", 4000)
for name in ("client", "server"):
    pem = (here / f"../pptp-ppp/eap-tls/tests/certificates/{name}.pem").read_text()
    seed("eap_tls", name, base64.b64decode("".join(pem.splitlines()[1:-1])), 4000)

# A line: both directions of what two real pppd said, an Echo-Request with the longer check sequence, and faults.
record = (here / "../pptp-ppp/src/hdlc/tests/pppd.record").read_bytes()
said = {1: b"", 2: b""}
while record:
    size = {1: 3, 2: 3, 3: 1, 4: 1, 5: 5, 6: 2, 7: 5}[record[0]]
    more = int.from_bytes(record[1:3], "big") if size == 3 else 0
    if more:
        said[record[0]] += record[size : size + more]
    record = record[size + more :]
seed("hdlc", "sent", bytes([0, 0x91, 9, 0, 0x82, 0, 0]) + said[1][:400])
seed("hdlc", "received", bytes([0x80, 0, 3, 0, 10, 0, 8]) + said[2][:300])
seed("hdlc", "long", bytes([1, 0x93, 31, 255, 255, 255, 255]) + b"~\xff\x03\xc0\x21\x09\x01\x00\x04~")
seed("hdlc", "faults", bytes([2, 0, 1, 0, 0, 0, 0]) + b"~!E\0\0\x14abcdef~~!\x7d\x5e\x7d~\x7d\x7d~abc~" + b"x" * 140 + b"~")

# Packets that open TCP connections, behind the MTU that they have to fit, and what a router says of one that was too long.
# None of the captures has these in the clear at every length of header.
segment = bytes.fromhex("04d20050010203040000000080c2ffff00000000")
for name, options in {"first": "020405b403030704", "odd": "01020405b4030307", "last": "01030307020405b4"}.items():
    tcp = segment[:12] + b"\x70" + segment[13:] + bytes.fromhex(options)
    ipv4 = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(tcp), 7, 0x4000, 64, 6, 0) + bytes([10, 0, 0, 1, 10, 0, 0, 2])
    seed("mss", (4, name), b"\x05\x78" + ipv4 + tcp)
    for hops in b"", bytes([6, 0, 1, 4, 0, 0, 0, 0]):
        ipv6 = struct.pack(">IHBB", 0x60000000, len(hops + tcp), 0 if hops else 6, 64) + bytes(32)
        seed("mss", (6, len(hops), name), b"\x05\x78" + ipv6 + hops + tcp)
datagram = struct.pack(">BBHHHBBH", 0x45, 0, 1441, 7, 0x4000, 64, 47, 0) + bytes([10, 0, 0, 1, 10, 0, 0, 2])
seed("mss", "router", bytes([3, 4, 0, 0, 0, 0, 5, 0x14]) + datagram + bytes.fromhex("3001880b05811234"))

# A gateway: handshakes, calls of either direction, whole, cut and joined, their ends, GRE, and time that passes. An act is
# what (the line, whether from outside, and the kind), how many octets, and these.
def act(kind, octets=b"", line=0, outside=False):
    return bytes([kind << 3 | outside << 2 | line, len(octets)]) + octets


def numbered(kind, length, *ids):
    fields = b"".join(struct.pack(">H", number) for number in ids)
    return struct.pack(">HHIHH", length, 1, 0x1A2B3C4D, kind, 0) + (fields + b"\x01").ljust(length - 12, b"\0")


def gre_to(call):
    return bytes.fromhex("2081880b0000") + struct.pack(">H", call) + bytes(4)


given = 0xFFFE
shaken = act(4) + act(5, outside=True) + act(0)
asked = act(0, numbered(7, 168, 5))
up = shaken + asked + act(0, numbered(8, 32, 6, given), outside=True) + act(31)
ends = {
    "disconnected": act(0, numbered(13, 148, 6), outside=True),
    "by the other id": act(0, numbered(13, 148, given), outside=True),
    "cleared": act(0, numbered(12, 16, 5)) + act(27, bytes(1)),
    "stopped": act(0, numbered(3, 16)) + act(0, numbered(4, 16), outside=True),
    "closed": act(6) + act(6, outside=True),
    "reset": act(7),
    "idle": act(27, bytes(125)),
    "line info": act(0, numbered(15, 24, 6)) + act(0, numbered(15, 24, given), outside=True) + act(0, numbered(14, 40, given), outside=True),
}
for name, end in ends.items():
    seed("alg", name, up + act(25, gre_to(given)) + act(25, gre_to(6)) + end + act(31) + act(25, gre_to(given)), 1200)
request = numbered(7, 168, 5)
for cut in (1, 8, 12, 13, 14, 17):
    seed("alg", ("cut", cut), shaken + act(0, request[:cut]) + act(0, request[cut - cut // 13 % 2 :]) + act(31), 1200)
seed("alg", "again", shaken + asked + act(8, b"\x58" + request) + act(8, b"\x10"), 1200)
seed("alg", "joined", shaken + act(0, numbered(7, 40, 5) + numbered(7, 40, 6) + numbered(15, 24, 1)) + act(31), 1200)
seed("alg", "incoming", shaken + act(0, numbered(9, 60, 6), outside=True) + act(0, numbered(10, 24, 5, 6)) + act(0, numbered(11, 28, given), outside=True) + act(31), 1200)
seed("alg", "two", up + b"".join(act(kind, line=1, outside=kind == 5) for kind in (4, 5, 0)) + act(0, numbered(7, 168, 5), line=1) + act(31), 1200)
seed("alg", "many", b"".join(act(4, line=line) for line in range(4)) + shaken + b"".join(act(0, numbered(7, 24, call)) for call in range(6)), 1200)
seed("alg", "stream", act(16) + b"".join(act(20, bytes([octet])) for octet in request[:20]) + act(20, request) + act(24) + act(31), 1200)
seed("alg", "garbage", shaken + act(0, b"GET / HTTP/1.0\r\n\r\n") + asked, 1200)

# For each way, a liar who lets everything pass, and one who does one thing of each kind.
for way in range(8):
    seed("liar", ("passes", way), bytes([way]))
    seed("liar", ("lies", way), bytes([way, 0, 3, 0, 4, 7, 0, 5, 9, 1, 0, 6, 3, 0]))

for target in sorted({target for target, _ in seen}):
    files = list((here / "seeds" / target).iterdir())
    print(f"{target}: {len(files)} files, {sum(f.stat().st_size for f in files)} octets")
