#!/bin/bash
# The documentation builds without a warning: no dead link, nothing undocumented.
. .ci/lib.sh

RUSTDOCFLAGS='-D warnings' cargo doc -q --locked --workspace --no-deps --all-features
