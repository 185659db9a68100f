#!/bin/bash
# The workspace builds with the oldest compiler it promises to build with. Where rustup cannot fetch that one, the lint
# clippy::incompatible_msrv, which the workspace denies, is all there is.
. .ci/lib.sh

msrv=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
if command -v rustup >/dev/null &&
    { rustup run "$msrv" rustc -V || rustup toolchain install "$msrv" --profile minimal --no-self-update; } >/dev/null 2>&1; then
    say "checking with $(rustup run "$msrv" rustc -V)"
    CARGO_TARGET_DIR=$TARGET/msrv rustup run "$msrv" cargo check -q --locked --workspace --all-features
else
    say "rustup cannot fetch Rust $msrv; the step clippy has checked for it (incompatible_msrv)"
    grep -q '^incompatible_msrv = "deny"' Cargo.toml
fi
