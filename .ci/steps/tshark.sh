#!/bin/bash
# Wireshark reads our packets as we do: those of whole tunnels on good and bad paths, every control message, and what the
# step loopback has captured; and pptp-inspect decrypts all of that.
. .ci/lib.sh

need tshark python3-minimal
tests --test tshark -- --ignored

captures=$TARGET/loopback
[ -e "$captures/default.json" ] || bash .ci/steps/loopback.sh >/dev/null
quick_release
cargo build -q --locked --release -p pptp-examples
inner=$captures/inner
for report in "$captures"/*.json; do
    tunnel=${report%.json}.pcap
    python3 .ci/tshark.py "$tunnel" "$report"
    "$TARGET/release/pptp-inspect" "$tunnel" --user alice --password wonderland --write "$inner" >/dev/null ||
        die "pptp-inspect $tunnel"
    # A data packet's PPP protocol is 0x00fd, or IP's own 0x0021 in the clear.
    sent=$(tshark -r "$tunnel" -Y 'ppp.protocol == 0x00fd || ppp.protocol == 0x0021' 2>/dev/null | wc -l)
    read=$(tshark -r "$inner" -o udp.check_checksum:TRUE -Y 'udp.checksum.status == "Good"' 2>/dev/null | wc -l)
    if [ "$sent" = 0 ] || [ "$sent" != "$read" ]; then
        die "$tunnel: $sent data packets, and $read good ones in it"
    fi
    say "all $read data packets come out of it whole"
done
