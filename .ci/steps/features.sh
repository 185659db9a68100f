#!/bin/bash
# Each library crate alone with each set of its features, none included. A crate at a time keeps one core busy, so there
# are two at a time, the one with the most sets in a folder of its own.
. .ci/lib.sh

need jq

# sets CRATE FEATURE...: each set of them, as cargo takes it, a line each.
sets() {
    local crate=$1 set names i features=("${@:2}")
    for ((set = 0; set < 1 << ${#features[@]}; set++)); do
        names=
        for i in "${!features[@]}"; do
            (((set >> i & 1) == 0)) || names+="${names:+,}${features[i]}"
        done
        echo "$crate $names"
    done
}

# lint: what comes as sets writes it.
lint() {
    local crate names
    while read -r crate names; do
        say "$crate: ${names:-no features}"
        cargo clippy -q --locked -p "$crate" --lib --no-default-features --features "$names" -- -D warnings </dev/null
    done
}

all=$(cargo metadata -q --locked --no-deps --format-version 1 |
    jq -r '.packages[] | select(.publish == null) | .name + " " + (.features | keys - ["default"] | join(" "))' |
    while read -ra crate; do sets "${crate[@]}"; done)
grep '^pptp-core ' <<<"$all" | CARGO_TARGET_DIR=$TARGET/features lint &
other=$!
grep -v '^pptp-core ' <<<"$all" | lint
wait "$other"
