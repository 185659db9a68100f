#!/bin/bash
# Bare metal: the proof that no panic is reachable, that the proof would notice one, the run loop in QEMU, and sizes: of
# the whole, and of each method of authentication, of which nobody pays for what is another's.
. .ci/lib.sh

need qemu-system-arm binutils-arm-none-eabi gcc libc6-dev
. .ci/thumb.sh

# Links take one core each: those of the other profile meanwhile.
programs=(size-none size-bare size-client size-server)
methods=(none pap chap-md5 mschap-v1 mschap-v2 mschap-v2-change eap every)
built=$THUMB_TARGET/thumbv7m-none-eabi/size
build_sizes() {
    local method
    thumb build -q --profile size --bin=firmware-loop "${programs[@]/#/--bin=}"
    mkdir -p "$built/methods"
    for method in "${methods[@]}"; do
        thumb rustc -q --profile size --bin size-method -- --cfg one --cfg "method=\"$method\""
        cp "$built/size-method" "$built/methods/$method"
    done
}
build_sizes &
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
cd "$built"
arm-none-eabi-size "${programs[@]}"

# octets METHOD: how much code a client by it has.
octets() { arm-none-eabi-size "methods/$1" | awk 'NR == 2 { print $1 + $2 }'; }

say 'methods of authentication, both ends of each, in octets more than a client without:'
for method in "${methods[@]:1}"; do
    say "$(printf '%-18s %6d' "$method" $(($(octets "$method") - $(octets none))))"
done

# What belongs to other methods, as it is in the names of symbols: whoever has them all has each of these.
for part in 3md5 4auth3pap 4wire3pap 4auth3eap 4wire3eap 6mschap2lm 6mschap2v1 14decrypt_halves 15change_password; do
    arm-none-eabi-nm methods/every | grep "$part" >/dev/null || die "no symbol has $part in it: look for another"
    for program in size-client size-server methods/mschap-v2; do
        ! arm-none-eabi-nm "$program" | grep "$part" || die "$program has MS-CHAPv2 alone, and pays for that"
    done
done
say 'MS-CHAPv2 alone has nothing of the others in it'
# The same link, whoever has put its parts together.
difference=$(($(octets mschap-v2) - $(arm-none-eabi-size size-client | awk 'NR == 2 { print $1 + $2 }')))
[ "${difference#-}" -lt 2048 ] || die "MS-CHAPv2 is of two sizes, $difference octets apart"
