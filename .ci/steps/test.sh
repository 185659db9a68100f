#!/bin/bash
# The tests, by the command that the README gives.
. .ci/lib.sh

command='cargo test --workspace'
grep -qxF "$command" README.md || die "the README does not say: $command"
$command
