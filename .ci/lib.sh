# Shared by the steps; sourced, not run. Every step starts in the repository's root folder.
# shellcheck shell=bash
set -euo pipefail

CI_CACHE=${CI_CACHE:-$HOME/.cache/pptp-ci}
export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-never} CARGO_NET_RETRY=5 CARGO_INCREMENTAL=0 DEBIAN_FRONTEND=noninteractive
# Nobody debugs what is built here: backtraces need lines and no more, and the rest takes time to write and to link.
export CARGO_PROFILE_DEV_DEBUG=line-tables-only
TARGET=${CARGO_TARGET_DIR:-$PWD/target}
mkdir -p "$CI_CACHE"

say() { printf '  %s\n' "$*"; }

die() {
    printf '  FAILED: %s\n' "$*" >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# retry COMMAND...: three times, for what goes over the network.
retry() {
    local i
    for i in 1 2 3; do
        "$@" && return 0
        [ "$i" = 3 ] || sleep $((i * 5))
    done
    return 1
}

# need PACKAGE...: Debian packages, installed unless they are.
need() {
    local package missing=()
    for package in "$@"; do
        dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q ^ii || missing+=("$package")
    done
    [ ${#missing[@]} != 0 ] || return 0
    say "apt-get install ${missing[*]}"
    apt_lists
    retry as_root apt-get -qq -y --no-install-recommends install "${missing[@]}" >/dev/null ||
        die "apt-get install ${missing[*]}"
}

# apt_lists: has apt-get update run once in a day.
apt_lists() {
    [ -z "$(find "$CI_CACHE/apt-lists" -mmin -1440 2>/dev/null)" ] || return 0
    retry as_root apt-get -qq update >/dev/null || die 'apt-get update'
    touch "$CI_CACHE/apt-lists"
}

# quick_release: has the programs built in release be done sooner, in all steps that share them: LTO takes longer than
# all else, and makes them faster by a few per cent and nothing else.
quick_release() { export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16; }

# tests OPTION...: some of the tests and benches that `cargo test --workspace` builds. Of fewer packages some would have
# other features, and be built again.
tests() { cargo test -q --locked --workspace "$@"; }

# component NAME...: of rustup's default toolchain, where rustup is what runs cargo.
component() {
    command -v rustup >/dev/null || return 0
    rustup component add "$@" >/dev/null 2>&1 || true
}
