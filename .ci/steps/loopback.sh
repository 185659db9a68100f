#!/bin/bash
# The README's first command, and the same under other policies and on worse paths. Leaves captures for the step tshark.
. .ci/lib.sh

need gcc libc6-dev
command='cargo run --release -p pptp-examples --bin loopback'
grep -qxF "$command" README.md || die "the README does not say: $command"
captures=$TARGET/loopback
rm -rf "$captures"
mkdir -p "$captures"
quick_release
$command -- --pcap "$captures/tunnel.pcap"

# policy NAME OPTION...
policy() {
    local name=$1
    shift
    "$TARGET/release/loopback" --json --pcap "$captures/$name.pcap" "$@" >"$captures/$name.json" ||
        die "$name: $(cat "$captures/$name.json")"
    say "$name: ok"
}
policy default
policy half-lost --loss 0.3 --reorder 0.3 --duplicate 0.1 --seed 2
policy late-dropped --no-reorder-buffer
policy strength-40 --strength 40
policy strength-56 --strength 56 --mode stateful
policy stateful --strength 40,56,128 --mode stateful
policy allowed --mppe allow
policy clear --mppe refuse --loss 0
policy compressed-stateless --mppc --file README.md
policy compressed-stateful --mppc --mode stateful --file README.md
policy compressed-alone --mppc --mppe refuse --mode stateful --file README.md
policy compressed-alone-stateless --mppc --mppe refuse --file README.md
policy compressed-lossy --mppc --mode stateful --loss 0.2 --reorder 0.2 --seed 3 --file README.md
