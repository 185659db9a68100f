# pptp-server and Debian's FreeRADIUS, which has the configuration of pptp-radius's tests: sourced by run.
# shellcheck shell=bash disable=SC2016,SC2034,SC2154

# asks TRIES [SETTING...]: as host, beside FreeRADIUS, which is the second of two servers: nobody is at the port of the
# first.
asks() {
    local i
    # Nobody of those that FreeRADIUS knows.
    LAB_USER=office
    ip netns add "$LAB_NETNS" 2>/dev/null || true
    ip -n "$LAB_NETNS" link set lo up
    rm -rf "$LOGS/raddb"
    sh "$here/../../pptp-ppp/radius/tests/freeradius/raddb.sh" "$LOGS/raddb" 127.0.0.1 1812 "${EAP:-md5}"
    (umask 077 && echo testing-secret >"$LOGS/secret")
    host "radius=servers = [\"127.0.0.1:9\", \"127.0.0.1\"]
secret-file = \"$LOGS/secret\"
timeout = 2
tries = $1" "${@:2}"
    PATH=$PATH:/usr/sbin ip netns exec "$LAB_NETNS" freeradius -f -l stdout -d "$LOGS/raddb" >"$LOGS/freeradius" 2>&1 &
    freeradius=$!
    trap 'kill -KILL $server $web $freeradius 2>/dev/null || true; cat "$LOGS/server" "$LOGS/freeradius"
        tail -n 30 "${SERVER_LOGS%/*}/client1/t.log"' EXIT
    for ((i = 0; i < 100; i++)); do
        ! grep -q 'Ready to process requests' "$LOGS/freeradius" || return 0
        kill -0 "$freeradius"
        sleep 0.05
    done
    return 1
}

# asks_no_more: FreeRADIUS ends, and is waited for.
asks_no_more() {
    kill "$freeradius" 2>/dev/null || true
    wait "$freeradius" || true
}

# pptp-linux: the right password, a wrong one, an answer that may be forged, and no answer.
case_radius_server() {
    asks 1
    guest_dials require-mppe-128 'user alice' 'password wonderland'
    guest "up t || exit 1; ping -q -c 3 -i 0.2 -W 2 $INSIDE"
    logs 'does not answer session=1 server=127.0.0.1:9'
    logs ' up session=1 user="alice" address=10.98.7.7 .*send="MPPE-128 stateless" receive="MPPE-128 stateless"'
    there ping -q -c 3 -i 0.2 -W 2 10.98.7.7
    leaves
    : >"$LOGS/server"
    turned_away 'reason=the user is unknown, or the password is wrong' require-mppe-128 'user strong' 'password wrong'
    guest 'cat /lab/t.log' | grep -F 'E=691 R=0'
    : >"$LOGS/server"
    sleep 1
    turned_away 'no Message-Authenticator' require-mppe-128 'user bob' 'password builder'
    logs "reason=the RADIUS server's answer cannot be trusted"
    guest 'cat /lab/t.log' | grep -F 'E=930 R=0'
    asks_no_more
    : >"$LOGS/server"
    turned_away 'reason=no RADIUS server answers' require-mppe-128 'user strong' 'password right'
    guest 'cat /lab/t.log' | grep -F 'E=930 R=0'
    unhost
}

# tries PASSWORD [ARGUMENT...]: pptp-client, for pppd changes no passwords.
tries() {
    guest "USER=changing2 PASS=$1; ours t 10.99.1.1 ${*:2}; up t 20 && ping -q -c 1 -W 2 \$peer && down t"
}

case_radius_password() {
    asks 3 'guard=first-delay = 0'
    client_guest
    guest 'umask 077; echo "new secret" >/run/new; echo short >/run/short'
    if tries old; then return 1; fi
    logs 'refuses .*user="changing2" why=the password has expired'
    if tries old --new-password-file /run/short; then return 1; fi
    logs 'reason=the password could not be changed'
    tries old --new-password-file /run/new
    if tries old; then return 1; fi
    logs 'reason=the user is unknown, or the password is wrong'
    tries '"new secret"'
    [ "$(grep -c ' up session=.* user="changing2" ' "$LOGS/server")" = 2 ]
    asks_no_more
    unhost
}

# pppd's own EAP-MSCHAPv2, which goes through our server, and then its MPPE by keys of FreeRADIUS's. A wrong password after it.
case_radius_eap() {
    EAP=mschapv2 asks 2 authentication='"eap"'
    guest_dials require-mppe-128 'user alice' 'password wonderland'
    guest "up t || exit 1; ping -q -c 3 -i 0.2 -W 2 $INSIDE"
    logs ' up session=1 user="alice" address=10.98.7.7 .*send="MPPE-128 stateless" receive="MPPE-128 stateless"'
    leaves
    : >"$LOGS/server"
    turned_away 'reason=the user is unknown, or the password is wrong' require-mppe-128 'user strong' 'password wrong'
    # One of the configuration is none of FreeRADIUS's business.
    knock require-mppe-128 "user $LAB_USER" "password $LAB_PASS"
    leaves
    asks_no_more
    unhost
}

# EAP-TLS and PEAP of pptp-client with FreeRADIUS, through our server, which has the keys from FreeRADIUS; and a wrong password
# inside of PEAP.
case_radius_tunnels() {
    local trust='--ca /lab/ca.pem --server-name radius.example'
    EAP=tls asks 2 authentication='"eap"' 'guard=first-delay = 0'
    client_guest
    cp "$LOGS/raddb/"{ca.pem,client.pem,client.key} "${SERVER_LOGS%/*}/client1"
    tunnels alice wonderland --auth eap-tls "$trust" --certificate /lab/client.pem --key /lab/client.key
    logs ' up session=1 user="alice" address=10.98.7.7 .*send="MPPE-128 stateless" receive="MPPE-128 stateless"'
    tunnels alice wonderland --auth peap "$trust"
    logs ' up session=2 user="alice" address=10.98.7.7 .*send="MPPE-128 stateless" receive="MPPE-128 stateless"'
    if tunnels alice wrong --auth peap "$trust"; then return 1; fi
    logs 'reason=the user is unknown, or the password is wrong'
    asks_no_more
    unhost
}

# tunnels USER PASSWORD ARGUMENT...: pptp-client comes up, and is pinged through.
tunnels() {
    guest "USER=$1 PASS=$2; ours t 10.99.1.1 ${*:3}; up t 20 && ping -q -c 3 -i 0.2 -W 2 $INSIDE && down t"
}

# MS-CHAPv1, whose keys the server is sent what they are made of.
case_radius_ms_chap_v1() {
    asks 2 'authentication=["mschap-v1"]'
    guest_dials require-mppe-128 'user alice' 'password wonderland'
    guest "up t || exit 1; ping -q -c 3 -i 0.2 -W 2 $INSIDE"
    logs ' up session=1 user="alice" address=10.98.7.7 .*send="MPPE-128 stateless" receive="MPPE-128 stateless"'
    leaves
    asks_no_more
    unhost
}
