# MPPC: sourced by run. No real peer of the lab has it, so both ends are ours, each in a namespace of its own.
# shellcheck shell=bash disable=SC2034,SC2154

# A file comes through whole, in fewer octets than it has; and without --mppc nothing is compressed.
case_mppc_ours() {
    local at="$LOGS/passwords" busybox="${LAB_CACHE:-$HOME/.cache/pptp-lab}/root/bin/busybox" web i bytes
    "$here/lab/build"
    passwords password=wonderland must_change=false mppc=true
    (umask 077 && echo wonderland >"$at/wonderland")
    mkdir -p "$LOGS/www"
    file numbers >"$LOGS/www/numbers.txt"
    ip netns exec "$LAB_NETNS" "$busybox" httpd -f -h "$LOGS/www" &
    web=$!
    ip netns exec "$LAB_NETNS-c" "$PROGRAMS/pptp-client" 10.99.7.1 -u alice --mppc --password-file "$at/wonderland" \
        >"$LOGS/client" 2>&1 &
    client=$!
    trap 'kill -KILL $client $web $server 2>/dev/null || true; ip netns del "$LAB_NETNS-c"; cat "$LOGS/client" "$LOGS/server"' EXIT
    for ((i = 0; i < 100; i++)); do
        ! grep -q '  up: ' "$LOGS/client" || break
        sleep 0.1
    done
    tells 'encryption: sending MPPE-128 stateless, receiving MPPE-128 stateless'
    tells 'compression: sending MPPC stateless, receiving MPPC stateless'
    grep 'with MPPC' "$LOGS/server"
    ip netns exec "$LAB_NETNS-c" ping -q -c 3 -i 0.2 -W 2 10.98.0.1
    ip netns exec "$LAB_NETNS-c" timeout 60 "$busybox" wget -q -O - http://10.98.0.1/numbers.txt | sha256sum >"$LOGS/sum"
    grep -F "$(sha256sum <"$LOGS/www/numbers.txt")" "$LOGS/sum"
    bytes=$(ip netns exec "$LAB_NETNS-c" cat /sys/class/net/lab-c/statistics/rx_bytes)
    [ "$bytes" -lt $(($(stat -c %s "$LOGS/www/numbers.txt") * 3 / 4)) ]
    note "$(stat -c %s "$LOGS/www/numbers.txt") octets in $bytes"
    kill -USR1 "$client"
    sleep 0.3
    tells 'encryption: sending MPPE-128 stateless, with MPPC, receiving MPPE-128 stateless, with MPPC'
    kill -INT "$client"
    wait "$client"
    logs_in 0 'MPPE-128' --password-file "$at/wonderland"
    absent 'compression' "$LOGS/client"
    kill "$web"
    forget
}
