#!/bin/bash
# Each library crate alone with each set of its features, none included.
. .ci/lib.sh

need jq
cargo metadata -q --locked --no-deps --format-version 1 |
    jq -r '.packages[] | select(.publish == null) | .name + " " + (.features | keys - ["default"] | join(" "))' |
    while read -r crate features; do
        read -ra features <<<"$features"
        for ((set = 0; set < 1 << ${#features[@]}; set++)); do
            names=
            for i in "${!features[@]}"; do
                (((set >> i & 1) == 0)) || names+="${names:+,}${features[i]}"
            done
            say "$crate: ${names:-no features}"
            cargo clippy -q --locked -p "$crate" --lib --no-default-features --features "$names" -- -D warnings </dev/null
        done
    done
