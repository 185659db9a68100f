#!/usr/bin/env python3
"""tshark.py CAPTURE REPORT: whether tshark reads a capture of loopback's as loopback itself does.

REPORT is what `loopback --json` printed. tshark must find no malformed packet and no error, and in the last
Configure-Ack of each protocol and direction the options that loopback says were agreed on.
"""
import json
import subprocess
import sys

capture, report = sys.argv[1:]
FIELDS = """ip.src ppp.protocol lcp.opt.type lcp.opt.mru lcp.opt.auth_protocol lcp.opt.algorithm lcp.opt.magic_number
ccp.opt.supported_bits ipcp.opt.type ipcp.opt.ip_address ipcp.opt.pri_dns_address ipcp.opt.pri_nbns_address
ipcp.opt.sec_dns_address ipcp.opt.sec_nbns_address""".split()


def tshark(display_filter, *fields):
    """The packets that the filter lets through, each as a table of the fields in it."""
    command = ["tshark", "-n", "-r", capture, "-Y", display_filter, "-T", "fields"]
    for field in fields:
        command += ["-e", field]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return [dict(zip(fields, line.split("\t"))) for line in lines]


def lcp(packet):
    texts = {
        "1": "MRU " + packet["lcp.opt.mru"],
        "3": "auth " + {"0xc223 129": "MS-CHAPv2"}.get(
            packet["lcp.opt.auth_protocol"] + " " + packet["lcp.opt.algorithm"], "?"
        ),
        "5": "magic " + packet["lcp.opt.magic_number"].removeprefix("0x"),
        "7": "PFC",
        "8": "ACFC",
    }
    return [texts.get(kind, kind) for kind in packet["lcp.opt.type"].split(",")]


def ccp(packet):
    bits = packet["ccp.opt.supported_bits"]
    if not bits:
        return []
    value = int(bits, 16)
    letters = {24: "H", 7: "M", 6: "S", 5: "L", 4: "D", 0: "C"}
    return [" ".join([f"MPPE {value:08x}"] + [name for bit, name in letters.items() if value >> bit & 1])]


def ipcp(packet):
    texts = {
        "3": "addr " + packet["ipcp.opt.ip_address"],
        "129": "DNS1 " + packet["ipcp.opt.pri_dns_address"],
        "130": "NBNS1 " + packet["ipcp.opt.pri_nbns_address"],
        "131": "DNS2 " + packet["ipcp.opt.sec_dns_address"],
        "132": "NBNS2 " + packet["ipcp.opt.sec_nbns_address"],
    }
    return [texts.get(kind, kind) for kind in packet["ipcp.opt.type"].split(",")]


packets = tshark("frame", "ip.src")
bad = tshark("_ws.malformed || _ws.expert.severity >= 0x800000", "frame.number", "_ws.expert.message")
if bad:
    sys.exit(f"tshark finds fault with {len(bad)} packets, the first being {bad[0]}")

protocols = {"0xc021": ("LCP", lcp), "0x80fd": ("CCP", ccp), "0x8021": ("IPCP", ipcp)}
seen = {"client": {}, "server": {}}
client = packets[0]["ip.src"]
for packet in tshark("ppp.code == 2 && (lcp || ccp || ipcp)", *FIELDS):
    name, read = protocols[packet["ppp.protocol"]]
    # An Ack has the options of the other end.
    seen["server" if packet["ip.src"] == client else "client"][name] = read(packet)

said = json.load(open(report))
for end in seen:
    options = {name: list for name, list in said[end]["options"].items() if list}
    found = {name: list for name, list in seen[end].items() if list}
    if options != found:
        sys.exit(f"the {end}'s options are {options}, and tshark reads {found}")
print(f"  {capture.rsplit('/')[-1]}: {len(packets)} packets, none malformed; the options agree")
