#!/bin/bash
# Wireshark reads what the step loopback has captured as loopback says it is.
. .ci/lib.sh

need tshark python3-minimal
captures=$TARGET/loopback
[ -e "$captures/default.json" ] || bash .ci/steps/loopback.sh >/dev/null
for report in "$captures"/*.json; do
    python3 .ci/tshark.py "${report%.json}.pcap" "$report"
done
