# pptp-client and pptp-server, and passwords that are wrong or have expired: sourced by run. No real peer of the lab takes
# another password, so both are ours, each in a namespace of its own. The terminal is one of `script`.
# shellcheck shell=bash disable=SC2034,SC2154

# passwords [SETTING...]: pptp-server runs, and alice has to change her password, which is `welcome`.
passwords() {
    local password=welcome must_change=true authentication='"mschap-v2"' tls="" mppc=false i
    [ $# = 0 ] || local "$@"
    rm -rf "$LOGS/passwords" && mkdir "$LOGS/passwords"
    for name in welcome looking-glass short wrong; do echo $name >"$LOGS/passwords/$name"; done
    chmod 600 "$LOGS/passwords/"*
    expired "$password"
    ip netns add "$LAB_NETNS" 2>/dev/null || true
    ip netns add "$LAB_NETNS-c"
    ip link add lab-s netns "$LAB_NETNS" type veth peer name lab-c netns "$LAB_NETNS-c"
    ip -n "$LAB_NETNS" addr add 10.99.7.1/24 dev lab-s
    ip -n "$LAB_NETNS-c" addr add 10.99.7.2/24 dev lab-c
    ip -n "$LAB_NETNS" link set lab-s up
    ip -n "$LAB_NETNS-c" link set lab-c up
    : >"$LOGS/server" # what an earlier one said
    ip netns exec "$LAB_NETNS" "$PROGRAMS/pptp-server" --config "$LOGS/passwords.toml" >"$LOGS/server" 2>&1 &
    server=$!
    trap 'kill -KILL $server 2>/dev/null || true; ip netns del "$LAB_NETNS-c"; cat "$LOGS/server"' EXIT
    for ((i = 0; i < 100; i++)); do
        ! grep -q listening "$LOGS/server" || return 0
        sleep 0.05
    done
    return 1
}

# expired PASSWORD: so it is in the configuration.
expired() {
    local methods='"mschap-v2"'
    rm -f "$LOGS/passwords.toml"
    (umask 077 && cat >"$LOGS/passwords.toml") <<END
[network]
address = "10.98.0.1"
pool = ["10.98.0.10-10.98.0.250"]
[passwords]
file = "$LOGS/passwords/kept"
[policy]
authentication = ${authentication:-$methods}
mppc = ${mppc:-false}
${tls:+[tls]}
${tls:-}
[limits]
tries = 3
[guard]
first-delay = 0
[[user]]
name = "alice"
password = "$1"
must-change = ${must_change:-true}
END
}

forget() {
    kill "$server" 2>/dev/null || true
    wait "$server" || true
    ip netns del "$LAB_NETNS-c"
    trap - EXIT
}

# logs_in CODE TEXT ARGUMENT...: pptp-client ends with CODE, having said TEXT. A tunnel that is up is ended, which is 0.
logs_in() {
    local code=0 i client
    : >"$LOGS/client" # what an earlier one said
    ip netns exec "$LAB_NETNS-c" "$PROGRAMS/pptp-client" 10.99.7.1 -u alice "${@:3}" >"$LOGS/client" 2>&1 &
    client=$!
    for ((i = 0; i < 100; i++)); do
        ! grep -q '  up: ' "$LOGS/client" || { kill -INT "$client" && break; }
        kill -0 "$client" 2>/dev/null || break
        sleep 0.1
    done
    wait "$client" || code=$?
    cat "$LOGS/client"
    [ "$code" = "$1" ]
    grep -F -- "$2" "$LOGS/client"
}

# From a file, for scripts: nothing is asked, and the terminal is not needed.
case_password_expired() {
    local at="$LOGS/passwords"
    passwords
    logs_in 7 'the password is wrong' --password-file "$at/wrong"
    logs_in 8 'has expired' --password-file "$at/welcome"
    logs_in 8 'could not be changed' --password-file "$at/welcome" --new-password-file "$at/short"
    grep -F 'the new password is too short' "$LOGS/server"
    [ ! -e "$at/kept" ]
    logs_in 2 'cannot read the new password' --password-file "$at/welcome" --new-password-file "$at/none"
    logs_in 0 'the password is changed' --password-file "$at/welcome" --new-password-file "$at/looking-glass"
    [ "$(stat -c '%a %U' "$at/kept")" = '600 root' ]
    grep -c ' alice$' "$at/kept"
    logs_in 7 'the password is wrong' --password-file "$at/welcome"
    logs_in 0 '  up: ' --password-file "$at/looking-glass"
    # The server remembers it.
    kill "$server" && wait "$server" || true
    ip netns exec "$LAB_NETNS" "$PROGRAMS/pptp-server" --config "$LOGS/passwords.toml" >>"$LOGS/server" 2>&1 &
    server=$!
    sleep 0.5
    logs_in 0 '  up: ' --password-file "$at/looking-glass"
    # Another one in the configuration counts more, and has to be changed like the first.
    expired short
    kill -HUP "$server"
    sleep 0.5
    logs_in 7 'the password is wrong' --password-file "$at/looking-glass"
    logs_in 8 'has expired' --password-file "$at/short"
    forget
}

# The same by MS-CHAPv1: by the second of its packets, for pptp-client and pptp-server both have it.
case_password_expired_v1() {
    local at="$LOGS/passwords"
    passwords authentication='["mschap-v1", "change-password-1"]'
    logs_in 8 'has expired' --auth mschap-v1 --password-file "$at/welcome"
    logs_in 8 'could not be changed' --auth mschap-v1 --password-file "$at/welcome" --new-password-file "$at/short"
    grep -F 'the new password is too short' "$LOGS/server"
    [ ! -e "$at/kept" ]
    logs_in 0 'the password is changed' --auth mschap-v1 --password-file "$at/welcome" --new-password-file "$at/looking-glass"
    logs_in 7 'the password is wrong' --auth mschap-v1 --password-file "$at/welcome"
    logs_in 0 'MPPE-128' --auth mschap-v1 --password-file "$at/looking-glass"
    forget
}

# And in EAP.
case_password_expired_eap() {
    local at="$LOGS/passwords"
    passwords authentication='"eap-mschap-v2"'
    logs_in 8 'has expired' --auth eap-mschap-v2 --password-file "$at/welcome"
    logs_in 0 'the password is changed' --auth eap-mschap-v2 --password-file "$at/welcome" \
        --new-password-file "$at/looking-glass"
    logs_in 0 'MPPE-128' --auth eap-mschap-v2 --password-file "$at/looking-glass"
    forget
}

# asked CODE PROMPT ANSWER [PROMPT ANSWER...]: at a terminal. ENDS ends it.
asked() {
    local expected=$1 code=0 out="$LOGS/terminal" shown=0 i pid
    shift
    rm -f "$LOGS/keys" "$out"
    mkfifo "$LOGS/keys"
    script -qefc "ip netns exec $LAB_NETNS-c $PROGRAMS/pptp-client 10.99.7.1 -u alice" "$out" <"$LOGS/keys" >/dev/null &
    pid=$!
    exec 3>"$LOGS/keys"
    while [ $# != 0 ]; do
        for ((i = 0; i < 100; i++)); do
            ! tail -c +$((shown + 1)) "$out" 2>/dev/null | grep -q -- "$1" || break
            sleep 0.1
        done
        tail -c +$((shown + 1)) "$out" | grep -- "$1"
        shown=$(stat -c %s "$out")
        sleep 0.2
        printf '%b' "$2" >&3
        shift 2
    done
    wait "$pid" || code=$?
    exec 3>&-
    cat "$out"
    # Nothing that was typed is shown.
    absent 'looking-glass\|welcome\|wrong-one' "$out"
    [ "$code" = "$expected" ]
}

case_password_asked() {
    local first='Password of alice: ' new='New password of alice: ' again='The same again: '
    passwords
    # Wrong, right, a new one twice but not the same, and then the same.
    asked 0 "$first" 'wrong-one\n' "$first" 'welcome\n' "$new" 'looking-glass\n' "$again" 'looking-glas\n' \
        "$new" 'looking-glass\n' "$again" 'looking-glass\n' '  up: ' '\003'
    grep -F 'the password is changed' "$LOGS/terminal"
    asked 0 "$first" 'looking-glass\n' '  up: ' '\003'
    # Three tries, and no fourth.
    asked 7 "$first" 'wrong-one\n' "$first" 'wrong-one\n' "$first" 'wrong-one\n'
    # An empty line gives up, and so does Ctrl-C.
    asked 7 "$first" 'wrong-one\n' "$first" '\n'
    asked 0 "$first" 'wrong-one\n' "$first" '\003'
    forget
}
