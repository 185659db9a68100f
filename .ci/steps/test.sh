#!/bin/bash
# The tests, by the command that the README gives, with the peers that those of the benches load.
. .ci/lib.sh

need libfreerdp2-2 libssl3
command='cargo test --workspace'
grep -qxF "$command" README.md || die "the README does not say: $command"
$command
