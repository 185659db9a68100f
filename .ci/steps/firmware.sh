#!/bin/bash
# Bare metal: the proof that no panic is reachable, that the proof would notice one, the programs of examples/firmware
# in QEMU, and their sizes.
. .ci/lib.sh

need qemu-system-arm binutils-arm-none-eabi gcc libc6-dev
. .ci/thumb.sh

thumb build -q --locked --release --bin proof ||
    die 'a panic is reachable (examples/firmware/who-panics tells from where)'
say 'proof links: no panic is reachable from the public API'

if out=$(thumb build -q --locked --release --bin proof --features deliberate-panic 2>&1); then
    die 'proof links although a panic is reachable: it proves nothing'
fi
grep -q 'undefined symbol: a_panic_is_reachable' <<<"$out" || die "proof fails for another reason: $out"
say 'with a deliberate panic it does not link'

thumb run -q --locked --release --bin proof || die 'proof does not run to its end'
say 'proof runs to its end in QEMU'
