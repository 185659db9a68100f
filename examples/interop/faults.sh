# How sessions end that nobody meant to end: sourced by run.
# shellcheck shell=bash disable=SC2016,SC2034,SC2153,SC2154

# cut NAME: from now on nothing that a guest sends or is sent arrives, and nobody is told. mend NAME: as it was.
cut_path() {
    "$here/lab/in" "$1" 'for m in cls_matchall act_gact sch_ingress; do modprobe $m; done
        tc qdisc replace dev vec0 root netem loss 100%
        tc qdisc replace dev vec0 handle ffff: ingress
        tc filter add dev vec0 parent ffff: matchall action drop'
}
mend_path() { "$here/lab/in" "$1" 'tc qdisc del dev vec0 root; tc qdisc del dev vec0 ingress'; }

# switch_off NAME: its machine is gone, and nobody tells that it is: as if behind a router that still believes in it.
switch_off() {
    local mac
    mac=$(ip -n "$LAB_NETNS" neigh show dev "tap-$1" | sed -n 's/.* lladdr \([0-9a-f:]*\) .*/\1/p' | head -n 1)
    ip -n "$LAB_NETNS" neigh flush dev "tap-$1"
    ip -n "$LAB_NETNS" neigh replace "$2" lladdr "$mac" nud permanent dev "tap-$1"
    kill -KILL "$(cat "${SERVER_LOGS%/*}/$1/pid")"
    rm -f "$LOGS/serves"
}

# ends CODE TEXT SECONDS: the client ends by itself, in so many seconds, and says why.
ends() {
    local start=${EPOCHREALTIME/./} code=0 i took
    for ((i = 0; i < $3 * 20; i++)); do
        [ -e "/proc/$client" ] || break
        sleep 0.05
    done
    took=$(((${EPOCHREALTIME/./} - start) / 100000))
    kill -KILL "$client" 2>/dev/null && echo "it runs after $3 s" && return 1
    wait "$client" || code=$?
    cat "$LOGS/client"
    note "after $((took / 10)).$((took % 10)) s, exit code $code: $(sed -n 's/^pptp-client: //p' "$LOGS/client")"
    [ "$code" = "$1" ]
    tells "$2"
}

# The server's administrator ends the session.
case_client_told_to_go() {
    serve mschap2-mppe128
    alice
    "$here/lab/in" server 'killall pppd'
    ends 12 'the peer closed the link' 5
}

case_client_server_killed() {
    serve mschap2-mppe128
    alice
    "$here/lab/in" server 'killall -KILL pptpctrl pppd || :'
    ends 13 'TCP' 5
}

case_client_server_switched_off() {
    serve mschap2-mppe128
    alice --echo-interval 2 --echo-failures 3
    there ping -q -c 3 -i 0.2 -W 2 "$INSIDE"
    switch_off server "$SERVER"
    ends 13 'the peer does not answer any more' 15
}

# A cut that is shorter than the client's patience: what was going on goes on.
case_client_path_cut_shortly() {
    serve mschap2-mppe128
    alice
    there ping -q -c 3 -i 0.2 -W 2 "$INSIDE"
    cut_path server
    if there ping -q -c 3 -i 0.2 -W 1 "$INSIDE"; then return 1; fi
    sleep 5
    mend_path server
    there ping -q -c 5 -i 0.2 -W 2 "$INSIDE"
    hang_up
}

# recovers SECONDS: the client with --reconnect has noticed, and is up again within so long.
recovers() {
    local i start=${EPOCHREALTIME/./} took
    for ((i = 0; i < $1 * 10; i++)); do
        [ "$(grep -c '  up: ' "$LOGS/client")" -lt 2 ] || break
        kill -0 "$client"
        sleep 0.1
    done
    took=$(((${EPOCHREALTIME/./} - start) / 100000))
    cat "$LOGS/client"
    [ "$(grep -c '  up: ' "$LOGS/client")" -ge 2 ]
    note "up again after $((took / 10)).$((took % 10)) s"
    there ping -q -c 3 -i 0.2 -W 2 "$INSIDE"
}

case_client_reconnects_after_kill() {
    serve mschap2-mppe128
    alice --reconnect
    "$here/lab/in" server 'killall -KILL pptpctrl pppd || :'
    recovers 20
    hang_up
}

# Longer than the client's patience.
case_client_reconnects_after_cut() {
    serve mschap2-mppe128
    alice --reconnect --echo-interval 2 --echo-failures 3
    there ping -q -c 3 -i 0.2 -W 2 "$INSIDE"
    cut_path server
    sleep 20
    tells 'pptp-client: ' || cat "$LOGS/client"
    mend_path server
    recovers 40
    hang_up
}

# It was hung up on, and that is not forever.
case_client_reconnects_after_reboot() {
    serve mschap2-mppe128
    alice --reconnect --echo-interval 2 --echo-failures 3
    switch_off server "$SERVER"
    sleep 3
    serve mschap2-mppe128
    recovers 60
    hang_up
}

# The same from the server's side: what its log says, and that it goes on serving.
# falls TEXT SECONDS: the session ends with that reason.
falls() {
    logs " down session=.* reason=.*($1).* up=true" "$2"
    note "$(sed -n 's/.* down session=.* reason=\(.*\) up=.*/\1/p' "$LOGS/server" | tail -n 1)"
}

case_server_client_hangs_up() {
    host
    guest_dials require-mppe-128
    guest 'up t && down t'
    falls 'the peer closed the link' 3
    guest 'linux t 10.99.1.1 require-mppe-128; up t'
    "$PROGRAMS/pptp-server" --config "$LOGS/server.toml" list
    "$PROGRAMS/pptp-server" --config "$LOGS/server.toml" end "$LAB_USER"
    logs ' down session=2 .*over the control socket|ended' 3
    guest 'while [ -e /proc/$(cat /run/tunnel-t/pid) ]; do sleep 0.1; done; cat /lab/t.log' | grep 'LCP terminated by peer'
    unhost
}

case_server_client_killed() {
    host
    guest_dials require-mppe-128
    guest 'up t; killall -KILL pptp pppd || :'
    # The one of its two processes that is killed later may yet clear the call.
    falls 'TCP|cleared it' 3
    unhost
}

case_server_client_switched_off() {
    host echo_interval=2 echo_failures=3
    guest_dials require-mppe-128
    guest "up t && ping -q -c 3 -i 0.2 $INSIDE"
    switch_off client1 10.99.1.2
    falls 'the peer does not answer any more' 15
    unhost
}

case_server_path_cut_shortly() {
    host
    guest_dials require-mppe-128
    guest "up t && ping -q -c 3 -i 0.2 $INSIDE"
    cut_path client1
    if there ping -q -c 3 -i 0.2 -W 1 10.98.0.10; then return 1; fi
    sleep 17
    mend_path client1
    guest "ping -q -c 5 -i 0.2 -W 2 $INSIDE"
    absent ' down ' "$LOGS/server"
    unhost
}

# Longer than anybody's patience, and the client dials again and again. The server knows before that the old session is
# over, so that nothing of it is in the way of the new one.
case_server_path_cut_persist() {
    local i start took
    host echo_interval=2 echo_failures=3
    guest_dials require-mppe-128 persist 'maxfail 0' 'holdoff 1' 'lcp-echo-interval 2' 'lcp-echo-failure 3'
    guest "up t && ping -q -c 3 -i 0.2 $INSIDE"
    start=$SECONDS
    cut_path client1
    falls 'the peer does not answer any more' 15
    sleep $((20 - SECONDS + start))
    absent ' up session=2 ' "$LOGS/server"
    mend_path client1
    start=${EPOCHREALTIME/./}
    for ((i = 0; i < 400; i++)); do
        [ "$(grep -c ' up session=' "$LOGS/server")" -lt 2 ] || break
        sleep 0.1
    done
    took=$(((${EPOCHREALTIME/./} - start) / 100000))
    grep ' up session=' "$LOGS/server" | tail -n 1 | tee "$LOGS/second"
    note "up again after $((took / 10)).$((took % 10)) s"
    guest "ping -q -c 5 -i 0.2 -W 2 $INSIDE"
    there ping -q -c 3 -i 0.2 -W 2 "$(sed -n 's/.* address=\([0-9.]*\) .*/\1/p' "$LOGS/second")"
    "$PROGRAMS/pptp-server" --config "$LOGS/server.toml" list | tee "$LOGS/sessions"
    [ "$(grep -c "$LAB_USER" "$LOGS/sessions")" = 1 ]
    guest 'down t'
    logs ' down session=.*the peer closed the link.* up=true'
    unhost
}

# The server is told to end: it tells the clients.
case_server_ends() {
    host
    guest_dials require-mppe-128
    guest 'up t'
    kill -TERM "$server"
    logs ' down session=.*reason=' 3
    unhost
    guest 'for i in $(seq 30); do [ -e /proc/$(cat /run/tunnel-t/pid) ] || break; sleep 0.1; done; cat /lab/t.log' | grep 'LCP terminated by peer'
}
