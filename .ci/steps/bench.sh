#!/bin/bash
# The benches build and run, each once, with the peers that they compare with; so does compare, with its charts. What
# they measure here is worth nothing, and nothing is asked of it.
. .ci/lib.sh

need libfreerdp2-2 libssl3 liblz4-1 zlib1g
# Which builds compare as well.
tests --bench '*' >/dev/null

charts=$(mktemp -d)
trap 'rm -r "$charts"' EXIT
"$TARGET/debug/compare" 1 --charts "$charts" >"$charts/tables"

# What docs/performance.md shows is what compare draws; but for what valgrind counts, which would take minutes.
for chart in docs/*.svg; do
    [[ $chart == *-instructions.svg ]] || [ -s "$charts/${chart##*/}" ] || die "compare does not draw $chart"
done
for chart in "$charts"/*.svg; do
    grep -qF "(${chart##*/})" docs/performance.md || die "docs/performance.md does not show ${chart##*/}"
done
