#!/bin/bash
# Bare metal: the proof that no panic is reachable, that the proof would notice one, the run loop in QEMU, and sizes.
. .ci/lib.sh

need qemu-system-arm binutils-arm-none-eabi gcc libc6-dev
. .ci/thumb.sh

# Links take one core each: those of the other profile meanwhile.
programs=(size-none size-bare size-client size-server)
thumb build -q --profile size --bin=firmware-loop "${programs[@]/#/--bin=}" &
sizes=$!

thumb build -q --release --bin proof ||
    die 'a panic is reachable (examples/firmware/who-panics tells from where)'
say 'proof links: no panic is reachable from the public API and the run loop'

if out=$(thumb build -q --release --bin proof --features deliberate-panic 2>&1); then
    die 'proof links although a panic is reachable: it proves nothing'
fi
grep -q 'undefined symbol: a_panic_is_reachable' <<<"$out" || die "proof fails for another reason: $out"
say 'with a deliberate panic it does not link'

thumb run -q --release --bin proof || die 'proof does not run to its end'
say 'proof runs to its end in QEMU'

wait "$sizes" || die 'the programs whose sizes are told do not build'
thumb run -q --profile size --bin firmware-loop || die 'the run loop does not work in QEMU'

say "sizes for thumbv7m-none-eabi, opt-level \"s\", fat LTO:"
cd "$THUMB_TARGET/thumbv7m-none-eabi/size"
arm-none-eabi-size "${programs[@]}"
