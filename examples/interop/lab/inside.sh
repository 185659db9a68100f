# For what runs in a guest: sourced by what `in` sends there.
# shellcheck shell=dash disable=SC1091,SC2034
. /lab/env

# linux NAME HOST [PPPD-OPTION...]: pptp-linux and pppd dial in the background. What they tell is in /lab/NAME.log.
linux() {
    tunnel=/run/tunnel-$1 host=$2
    rm -rf "$tunnel"
    mkdir -p "$tunnel"
    # shellcheck disable=SC2086
    {
        printf '%s\n' $DEBUG noauth nodetach nodefaultroute ipcp-accept-local ipcp-accept-remote \
            "logfile /lab/$1.log" "ipparam $1" "user $USER" "password $PASS"
        shift 2
        printf '%s\n' "$@"
    } >"$tunnel/options"
    printf '#!/bin/sh\necho "$1 $4 $5" >"/run/tunnel-$6/new"\nmv "/run/tunnel-$6/new" "/run/tunnel-$6/up"\n' >/etc/ppp/ip-up
    chmod +x /etc/ppp/ip-up
    pppd pty "setsid pptp $host --nolaunchpppd --loglevel 2; :" file "$tunnel/options" >"$tunnel/out" 2>&1 &
    echo $! >"$tunnel/pid"
}

# up NAME [SECONDS]: waits until it is up. Sets device, own, peer.
up() {
    for try in $(seq $((${2:-30} * 20))); do
        if read -r device own peer <"/run/tunnel-$1/up"; then return 0; fi 2>/dev/null
        kill -0 "$(cat "/run/tunnel-$1/pid")" || break
        sleep 0.05
    done
    tail -n 20 "/lab/$1.log"
    return 1
}

# down NAME: hangs up, and waits for that.
down() {
    pid=$(cat "/run/tunnel-$1/pid")
    kill "$pid"
    while [ -e "/proc/$pid" ]; do sleep 0.05; done
}

# The shell's own of that name can do less.
ip() { /sbin/ip "$@"; }
tc() { /sbin/tc "$@"; }
