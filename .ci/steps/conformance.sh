#!/bin/bash
# Each test that docs/conformance.md names exists.
. .ci/lib.sh

# The last column names tests as `function` or `file::function`.
missing=0
while read -r name; do
    grep -rqE "fn ${name##*::}\b" --include='*.rs' pptp-* examples benches fuzz || {
        say "docs/conformance.md names the test $name, which does not exist"
        missing=1
    }
done < <(awk -F'|' '/^\|/ && NF > 4 { print $(NF - 1) }' docs/conformance.md | grep -oE '`[A-Za-z0-9_:]+`' | tr -d '`' | sort -u)
exit $missing
