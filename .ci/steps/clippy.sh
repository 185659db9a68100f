#!/bin/bash
# Lints and warnings, everything in the workspace with every feature; the scripts as well.
. .ci/lib.sh

need gcc libc6-dev shellcheck
component clippy
cargo clippy -q --locked --workspace --all-targets --all-features -- -D warnings

find .ci examples/interop -type f | while read -r file; do
    case $(head -c 40 "$file") in '#!/bin/bash'* | '# shellcheck'* | '#!/bin/sh'*) echo "$file" ;; esac
done | xargs shellcheck -S warning -e SC2164 # lib.sh sets -e
