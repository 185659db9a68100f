#!/bin/bash
# This project's programs against Debian's pptpd and pptp-linux, in the lab.
. .ci/lib.sh

need iproute2 iputils-ping util-linux ca-certificates gcc libc6-dev tcpdump freeradius openssl python3-minimal
as_root systemctl disable -q --now freeradius 2>/dev/null || true # the package starts one of its own
apt_lists # the lab downloads its guest's packages by them
quick_release
cargo build -q --locked --release -p pptp-examples
LAB_CACHE=${LAB_CACHE:-$CI_CACHE/lab}
as_root env LAB_CACHE="$LAB_CACHE" CARGO_TARGET_DIR="$TARGET" LOGS="$TARGET/interop-logs" examples/interop/run
