#!/bin/bash
# The documentation builds without a warning: no dead link, nothing undocumented. And docs/firmware-loop.md quotes the
# program that it is about, all of it.
. .ci/lib.sh

RUSTDOCFLAGS='-D warnings' cargo doc -q --locked --workspace --no-deps --all-features

# Its blocks of Rust, with an empty line between two of them.
awk '/^```$/ { inside = 0 } inside; /^```rust$/ { inside = 1; if (blocks++) print "" }' docs/firmware-loop.md |
    diff - examples/firmware/src/firmware_loop.rs || die 'docs/firmware-loop.md is not what the program is'
