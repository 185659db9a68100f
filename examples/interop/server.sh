# pptp-server and the clients of others: sourced by run. The server is in the lab's namespace, or in a guest.
# shellcheck shell=bash disable=SC2016,SC2034,SC2153,SC2154

# configure FILE [SETTING...]: a configuration for pptp-server, with what differs from the ordinary as `mppe=refuse`.
configure() {
    local mppe=require strengths=128 modes='"stateless"' authentication='"mschap-v2"' echo_interval=30 echo_failures=4 \
        reorder=50 networks='' guard='' radius='' tls='' incoming=false mppc=false
    [ $# = 1 ] || local "${@:2}"
    rm -f "$1"
    (umask 077 && cat >"$1") <<EOF
listen = "0.0.0.0:1723"
incoming-calls = $incoming
control-socket = "/run/pptp-server-$LAB_NETNS.sock"
[network]
address = "$INSIDE"
pool = ["10.98.0.10-10.98.0.250"]
mtu = 1400
[policy]
authentication = $authentication
mppe = "$mppe"
strengths = [$strengths]
modes = [$modes]
mppc = $mppc
[limits]
sessions-per-source = 250
half-open = 250
half-open-per-source = 250
connections-per-minute = 0
[guard]
$guard
[radius]
$radius
${tls:+[tls]}
$tls
[timing]
echo-interval = $echo_interval
echo-failures = $echo_failures
reorder = $reorder
[[user]]
name = "$LAB_USER"
password = "$LAB_PASS"
networks = [$networks]
EOF
}

# host [SETTING...]: pptp-server runs in the namespace, and beside it a web server with the files that the guests have.
host() {
    local i name
    "$here/lab/build"
    ip netns add "$LAB_NETNS" 2>/dev/null || true
    ip -n "$LAB_NETNS" link set lo up
    configure "$LOGS/server.toml" "$@"
    there "$PROGRAMS/pptp-server" --config "$LOGS/server.toml" check
    mkdir -p "$LOGS/www"
    for name in numbers some fox; do file $name >"$LOGS/www/$name.txt"; done
    ip netns exec "$LAB_NETNS" "${LAB_CACHE:-$HOME/.cache/pptp-lab}/root/bin/busybox" httpd -f -h "$LOGS/www" &
    web=$!
    : >"$LOGS/server"
    ip netns exec "$LAB_NETNS" "$PROGRAMS/pptp-server" --config "$LOGS/server.toml" >>"$LOGS/server" 2>&1 &
    server=$!
    trap 'kill -KILL $server $web 2>/dev/null || true; cat "$LOGS/server"
        tail -n 30 "${SERVER_LOGS%/*}/client1/t.log"' EXIT
    for ((i = 0; i < 100; i++)); do
        ! grep -q listening "$LOGS/server" || return 0
        kill -0 "$server"
        sleep 0.05
    done
    return 1
}

# unhost: it is told to end, and ends well, with nothing left behind.
unhost() {
    local code=0 start=${EPOCHREALTIME/./}
    kill -TERM "$server" 2>/dev/null || true
    wait "$server" || code=$?
    note "server ended in $(((${EPOCHREALTIME/./} - start) / 1000)) ms"
    kill -KILL "$web"
    cat "$LOGS/server"
    [ "$code" = 0 ]
    there ip -brief link show >"$LOGS/devices"
    absent '^\(pptp\|tun\)' "$LOGS/devices"
}

# logs TEXT [SECONDS]: the server says so, within a while.
logs() {
    local i
    for ((i = 0; i < ${2:-3} * 10; i++)); do
        ! grep -E -- "$1" "$LOGS/server" || return 0
        sleep 0.1
    done
    echo "the server does not say: $1"
    return 1
}

guest() { "$here/lab/in" client1 "$@"; }

# knock PPPD-OPTION...: pptp-linux dials our server from a guest. The tunnel has to come up, is pinged through from
# both ends, and carries a megabyte.
knock() {
    guest_dials "$@"
    guest "up t || exit 1
        ping -q -c 5 -i 0.2 -W 2 $INSIDE
        timeout 90 wget -q -O - http://$INSIDE/numbers.txt | sha256sum" | tee "$LOGS/guest"
    grep -F "$(seq 150000 | sha256sum)" "$LOGS/guest"
    logs ' up session=' 1
    there ping -q -c 3 -i 0.2 -W 2 "$(sed -n 's/.* up session=.* address=\([0-9.]*\) .*/\1/p' "$LOGS/server" | tail -n 1)"
}

# client_guest: boots the guest for clients, unless it runs already.
client_guest() {
    ! [ "$(cat "$LOGS/client_guest" 2>/dev/null)" = "for $LAB_NETEM$LAB_NETEM_IN" ] || ! guest true || return 0
    rm -f "$LOGS/client_guest"
    "$here/lab/machine" client1
    echo "for $LAB_NETEM$LAB_NETEM_IN" >"$LOGS/client_guest"
}

# guest_dials PPPD-OPTION...: the same without waiting for anything.
guest_dials() {
    client_guest
    guest "linux t 10.99.1.1 $(printf '"%s" ' mtu\ 1400 mru\ 1400 novj noipv6 "$@")"
}

# leaves: pptp-linux hangs up.
leaves() {
    guest 'down t'
    logs ' down session=.*reason='
}

case_server_stateless() {
    host
    knock require-mppe-128
    logs 'MPPE-128 stateless'
    leaves
    unhost
}

case_server_eap() {
    host authentication='"eap-mschap-v2"'
    knock require-mppe-128
    logs 'MPPE-128 stateless'
    leaves
    unhost
}

case_server_stateful() {
    host 'modes="stateful"'
    knock require-mppe-128 mppe-stateful 'plugin stateful.so'
    logs 'MPPE-128 stateful'
    leaves
    unhost
}

case_server_40_bits() {
    host strengths=40,128
    knock require-mppe-40
    logs 'MPPE-40 stateless'
    leaves
    unhost
}

case_server_unencrypted() {
    host mppe=refuse
    knock nomppe noccp
    leaves
    unhost
}

case_server_nobody() {
    host mppe=refuse authentication='"none"'
    knock nomppe noccp
    leaves
    unhost
}

# turned_away TEXT PPPD-OPTION...: the tunnel does not come up, and the server says why.
turned_away() {
    guest_dials "${@:2}"
    if guest 'up t 20 >/dev/null'; then return 1; fi
    logs "$1"
    note "$(sed -n 's/.* down session=.* reason=\(.*\) up=.*/\1/p' "$LOGS/server" | tail -n 1)"
    absent ' up session=' "$LOGS/server"
}

case_server_wrong_password() {
    host
    turned_away 'the password is wrong' require-mppe-128 'password looking-glass'
    guest 'cat /lab/t.log' | grep -F 'E=691'
    unhost
}

case_server_unknown_user() {
    host
    turned_away 'the user is unknown' require-mppe-128 'user mallory'
    guest 'cat /lab/t.log' | grep -F 'E=691'
    unhost
}

# Three times the wrong password: then the right one does not help either, until the lock is over.
case_server_locks_out() {
    local start
    host 'guard=factor = 1
source-lock-after = 3
lock-time = 25'
    for _ in 1 2 3; do
        absent 'locked out' "$LOGS/server"
        turned_away 'the password is wrong' require-mppe-128 'password looking-glass'
    done
    logs 'locked out: there were too many failures .*seconds=2[45]'
    [ "$(grep -c ' down session=.* reason=the password is wrong' "$LOGS/server")" = 3 ]
    turned_away 'turned away .*why=.*too many failures' require-mppe-128
    guest 'cat /lab/t.log' | grep -F 'E=691'
    # One second is pptp-linux's own, and one the answer's, whatever is wrong.
    sed -n 's/.* down session=.* seconds=\([0-9.]*\) .*/\1/p' "$LOGS/server" | awk '$1 < 2 { exit 1 } END { exit NR != 4 }'
    start=$SECONDS
    sleep 25
    knock require-mppe-128
    note "up $((SECONDS - start)) s later"
    leaves
    unhost
}

case_server_encryption_refused() {
    host
    turned_away 'encryption' nomppe
    unhost
}

case_server_refuses_encryption() {
    host mppe=refuse
    turned_away 'closed|encryption' require-mppe-128
    unhost
}

# drags HOW FILE PPPD-OPTION...: a path that loses 5 % each way and reorders 10 %.
drags() {
    LAB_NETEM=$bad_path LAB_NETEM_IN=$bad_path
    host "modes=\"$1\""
    guest_dials require-mppe-128 "${@:3}"
    guest 'up t 60'
    LAB_WAIT=$((patience + 20)) guest "time timeout $patience wget -q -O - http://$INSIDE/$2 | sha256sum" | tee "$LOGS/guest"
    grep -F "$(sha256sum <"$LOGS/www/$2")" "$LOGS/guest"
    note "$2 in $(sed -n 's/^real[^0-9]*//p' "$LOGS/guest")"
    guest 'down t'
    unhost
    note "$(sed -n 's/.* down session=.*overtaken=\([0-9]*\).*/\1 put in order/p' "$LOGS/server")"
}

case_server_stateless_lossy() { drags stateless numbers.txt; }

# Each loss takes as long as pptp-linux waits for what may have been overtaken, and a reset.
case_server_stateful_lossy() {
    local file=some
    [ -z "$LONG" ] || file=numbers
    drags stateful $file.txt mppe-stateful 'plugin stateful.so'
}

# A network behind the client and one behind the server: each reaches the other. The client is a guest's, and so is the
# server, which knows from the user's entry what is behind the client.
joins() {
    rm -f "$LOGS/serves" "$LOGS/client_guest"
    "$here/lab/machine" server
    "$here/lab/machine" client1
    configure "$SERVER_LOGS/server.toml" 'networks="10.20.0.0/24"'
    "$here/lab/in" server 'spaces far 10.30.0 1 && ours_start'
    guest "spaces near 10.20.0 1; $1
        up t || exit 1
        ip route replace 10.30.0.0/24 dev \$device
        ip netns exec near1 ping -c 3 -i 0.2 -W 2 10.30.0.1"
    "$here/lab/in" server 'ip netns exec far1 ping -c 3 -i 0.2 -W 2 10.20.0.1'
    guest 'down t'
    # Nothing is left of it.
    "$here/lab/in" server 'sleep 0.5; ip route' | tee "$LOGS/routes"
    absent 10.20.0.0 "$LOGS/routes"
}

case_server_lan_to_lan() { joins "linux t $SERVER require-mppe-128"; }
case_server_lan_to_lan_ours() { joins "ours t $SERVER --route 10.30.0.0/24"; }
