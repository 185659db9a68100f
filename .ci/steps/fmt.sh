#!/bin/bash
# The formatting of all three workspaces.
. .ci/lib.sh

component rustfmt
for manifest in Cargo.toml examples/firmware/Cargo.toml fuzz/Cargo.toml; do
    cargo fmt --all --check --manifest-path "$manifest"
done
