# A compiler for thumbv7m-none-eabi; sourced. thumb COMMAND... runs cargo's COMMAND in examples/firmware.
# shellcheck shell=bash
#
# rustup's target is the first way. Where rustup cannot fetch it, Debian carries a newer compiler with the sources of
# its core library (rustc-web, rust-web-src); they are unpacked beside rustup's, not installed over it.

FIRMWARE=examples/firmware
THUMB_TARGET=$TARGET/firmware

thumb() { (cd "$FIRMWARE" && CARGO_TARGET_DIR=$THUMB_TARGET timeout 600 cargo "$@"); }

rustup_target() {
    [ "${THUMB:-rustup}" = rustup ] && command -v rustup >/dev/null &&
        timeout 120 rustup target add thumbv7m-none-eabi >/dev/null 2>&1
}

# debian_compiler: unpacks it into $1, once.
debian_compiler() {
    local root=$1 packages=(rustc-web cargo-web rust-web-src libstd-rust-web-1.96 libstd-rust-web-dev
        libllvm22 libgit2-1.5 libhttp-parser2.9 libmbedcrypto7 libmbedx509-1 libmbedtls14)
    [ ! -e "$root/complete" ] || return 0
    apt_lists
    rm -rf "$root"
    mkdir -p "$root/debs"
    (cd "$root/debs" && retry apt-get -qq -o APT::Sandbox::User=root download "${packages[@]}") ||
        die 'downloading rustc-web'
    local deb
    for deb in "$root"/debs/*.deb; do dpkg -x "$deb" "$root"; done
    rm -rf "$root/debs"
    touch "$root/complete"
}

if rustup_target; then
    THUMB_WAY="rustup's target, $(rustc -V)"
else
    need lld
    debian=$CI_CACHE/rustc-web
    debian_compiler "$debian"
    LD_LIBRARY_PATH=$debian/usr/lib/x86_64-linux-gnu
    PATH=$debian/usr/bin:$PATH
    RUSTC_BOOTSTRAP=1
    CARGO_UNSTABLE_BUILD_STD=core
    CARGO_TARGET_THUMBV7M_NONE_EABI_LINKER=ld.lld
    CARGO_TARGET_THUMBV7M_NONE_EABI_RUSTFLAGS='-C linker-flavor=ld.lld'
    export LD_LIBRARY_PATH PATH RUSTC_BOOTSTRAP CARGO_UNSTABLE_BUILD_STD
    export CARGO_TARGET_THUMBV7M_NONE_EABI_LINKER CARGO_TARGET_THUMBV7M_NONE_EABI_RUSTFLAGS
    THUMB_TARGET=$TARGET/firmware-debian
    THUMB_WAY="Debian's compiler, $(rustc -V), with its core built from source"
fi
say "thumbv7m: by $THUMB_WAY"
