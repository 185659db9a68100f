#!/bin/bash
# Bare metal: the proof that no panic is reachable, that the proof would notice one, a tunnel in QEMU, and sizes.
. .ci/lib.sh

need qemu-system-arm binutils-arm-none-eabi gcc libc6-dev
. .ci/thumb.sh

thumb build -q --release --bin proof ||
    die 'a panic is reachable (examples/firmware/who-panics tells from where)'
say 'proof links: no panic is reachable from the public API'

if out=$(thumb build -q --release --bin proof --features deliberate-panic 2>&1); then
    die 'proof links although a panic is reachable: it proves nothing'
fi
grep -q 'undefined symbol: a_panic_is_reachable' <<<"$out" || die "proof fails for another reason: $out"
say 'with a deliberate panic it does not link'

thumb run -q --release --bin proof || die 'proof does not run to its end'
say 'proof runs to its end in QEMU'

thumb run -q --release --bin tunnel || die 'the tunnel in QEMU does not work'

programs=(size-none size-bare size-client size-server)
thumb build -q --profile size "${programs[@]/#/--bin=}"
say "sizes for thumbv7m-none-eabi, opt-level \"s\", fat LTO:"
cd "$THUMB_TARGET/thumbv7m-none-eabi/size"
arm-none-eabi-size "${programs[@]}"
