#!/bin/bash
# Every fuzz target, from its committed seeds, all together for FUZZ_SECONDS; two at a time on two cores. Without
# AddressSanitizer: there is no unsafe code that it could watch, and it halves the speed.
. .ci/lib.sh

need g++ libc6-dev
seconds=${FUZZ_SECONDS:-240}
if ! PATH=$CI_CACHE/tools/bin:$PATH command -v cargo-fuzz >/dev/null; then
    say 'installing cargo-fuzz'
    retry cargo install -q cargo-fuzz --locked --root "$CI_CACHE/tools"
fi
PATH=$CI_CACHE/tools/bin:$PATH
if command -v rustup >/dev/null && cargo +nightly -V >/dev/null 2>&1; then
    toolchain=+nightly
else
    toolchain=+stable
    export RUSTC_BOOTSTRAP=1
fi
say "with $(cargo "$toolchain" -V)"

cd fuzz
export CARGO_TARGET_DIR=$TARGET/fuzz
mapfile -t targets < <(cargo "$toolchain" fuzz list)
cargo "$toolchain" fuzz build -s none 2>&1 | grep -vE '^ *(Compiling|Downloaded|Downloading|Finished)' || [ "${PIPESTATUS[0]}" = 0 ]

corpora=$(mktemp -d)
trap 'rm -rf "$corpora"' EXIT

# run TARGET: prints one line, or all of libFuzzer's last words.
run() {
    local target=$1 log=$corpora/$1.log
    mkdir -p "$corpora/$target"
    if cargo "$toolchain" fuzz run -s none "$target" "$corpora/$target" "seeds/$target" -- \
        -max_total_time=$((seconds / ${#targets[@]})) -timeout=10 -rss_limit_mb=1024 -max_len=4096 \
        -print_final_stats=1 -verbosity=1 >"$log" 2>&1; then
        say "$target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") runs," \
            "$(grep -oE 'cov: [0-9]+' "$log" | tail -n 1 | cut -c6-) edges covered"
    else
        grep -m 1 -A 3 panicked "$log" || tail -n 40 "$log"
        sed -n '/^Failing input/,/^Minimize/p' "$log"
        say "$target: FAILED"
        return 1
    fi
}

failed=0
jobs=$(nproc)
for ((i = 0; i < ${#targets[@]}; i += jobs)); do
    pids=()
    for target in "${targets[@]:i:jobs}"; do
        run "$target" &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do wait "$pid" || failed=1; done
done
exit $failed
