# What a guest does: sourced by its first process, and by what `in` sends there.
# shellcheck shell=dash disable=SC1091,SC2016,SC2034,SC3045
. /lab/env

# The shell's own of that name can do less.
ip() { /sbin/ip "$@"; }
tc() { /sbin/tc "$@"; }

# pptpd_start CONNECTIONS PPPD-OPTION...: pptpd serves, up to 246 at once. Each tunnel's pppd logs to /lab/pppd.log.
pptpd_start() {
    connections=$1
    shift
    # shellcheck disable=SC2086
    printf '%s\n' 'name pptpd' $DEBUG nodefaultroute 'logfile /lab/pppd.log' "$@" >/etc/ppp/pptpd
    cat >/etc/pptpd.conf <<EOF
option /etc/ppp/pptpd
localip 10.98.0.1
remoteip 10.98.0.10-$((9 + connections))
connections $connections
${DEBUG:+debug}
EOF
    pptpd
    for try in $(seq 100); do
        ! grep -q ':06BB 00000000:0000 0A' /proc/net/tcp || return 0
        sleep 0.05
    done
    return 1
}

pptpd_stop() {
    killall pptpd
    killall pptpctrl pppd
    while pidof pptpctrl pppd pptpd >/dev/null; do sleep 0.05; done
} 2>/dev/null

# ours_start: pptp-server serves, by the configuration in /lab/server.toml. It logs to /lab/pptp-server.log.
ours_start() {
    /programs/pptp-server --config /lab/server.toml 2>/lab/pptp-server.log &
    for try in $(seq 100); do
        ! grep -q listening /lab/pptp-server.log || return 0
        kill -0 $! || break
        sleep 0.05
    done
    cat /lab/pptp-server.log
    return 1
}

ours_stop() {
    killall pptp-server
    while pidof pptp-server >/dev/null; do sleep 0.05; done
} 2>/dev/null

# linux NAME HOST [PPPD-OPTION...]: pptp-linux and pppd dial, in the background. They log to /lab/NAME.log.
linux() {
    tunnel=/run/tunnel-$1 name=$1 host=$2
    shift 2
    rm -rf "$tunnel"
    mkdir -p "$tunnel"
    : >"/lab/$name.log"
    # shellcheck disable=SC2086
    printf '%s\n' $DEBUG noauth nodetach nodefaultroute ipcp-accept-local ipcp-accept-remote \
        "logfile /lab/$name.log" "ipparam $name" "user $USER" "password $PASS" "$@" >"$tunnel/options"
    cat >"$tunnel/ip-up" <<'EOF'
#!/bin/sh
echo "$1 $4 $5" >"/run/tunnel-$6/new"
mv "/run/tunnel-$6/new" "/run/tunnel-$6/up"
EOF
    chmod +x "$tunnel/ip-up"
    mv "$tunnel/ip-up" /etc/ppp/ip-up
    # On its end pppd kills the shell that it runs this in. pptp has to outlive it, for the goodbyes, and so must not
    # be what that shell ends with.
    pppd pty "setsid pptp $host --nolaunchpppd ${DEBUG:+--loglevel 2}; :" file "$tunnel/options" >"$tunnel/out" 2>&1 &
    echo $! >"$tunnel/pid"
}

# ours NAME HOST [ARGUMENT...]: pptp-client dials, in the background. It logs to /lab/NAME.log.
ours() {
    tunnel=/run/tunnel-$1 name=$1
    shift
    rm -rf "$tunnel"
    mkdir -p "$tunnel"
    PPTP_PASSWORD=$PASS /programs/pptp-client -u "$USER" "$@" 2>"/lab/$name.log" &
    echo $! >"$tunnel/pid"
}

# up NAME [SECONDS]: waits until that is up. Sets device, own and peer.
up() {
    for try in $(seq $((${2:-30} * 20))); do
        sed -n 's/.*  up: \(.*\), address \(.*\), server \(.*\), .*/\1 \2 \3/p' "/lab/$1.log" >"/run/tunnel-$1/ours"
        for file in ours up; do
            ! read -r device own peer <"/run/tunnel-$1/$file" || return 0
        done 2>/dev/null
        kill -0 "$(cat "/run/tunnel-$1/pid")" || break
        sleep 0.05
    done
    tail -n 20 "/lab/$1.log"
    return 1
}

# down NAME: hangs up, and waits until that is done.
down() {
    pid=$(cat "/run/tunnel-$1/pid")
    kill "$pid"
    while [ -e "/proc/$pid" ]; do sleep 0.05; done
}

# spaces KIND SUBNET COUNT [ROUTER]: network namespaces KIND1, KIND2 and so on, which have the addresses SUBNET.1 and so
# on and are routed by the guest's own, or by the one that is named.
spaces() {
    kind=$1 subnet=$2 count=$3 router=${4:-}
    for i in $(seq "$count"); do echo "netns add $kind$i"; done | ip -batch -
    for i in $(seq "$count"); do
        echo "link add $kind$i type veth peer name eth0 netns $kind$i"
        echo "address add $subnet.254/32 dev $kind$i"
        echo "link set $kind$i up"
        echo "route add $subnet.$i dev $kind$i"
    done | ip ${router:+-n "$router"} -batch -
    ${router:+/sbin/ip netns exec "$router"} sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
    for i in $(seq "$count"); do
        printf '%s\n' 'link set lo up' 'link set eth0 up' "address add $subnet.$i/32 dev eth0" \
            "route add $subnet.254 dev eth0" "route add default via $subnet.254" | ip -n "$kind$i" -batch -
    done
}

# masquerade SPACE: it is a NAT, with the kernel's helper for PPTP, for what it routes to its eth0.
masquerade() {
    modprobe nf_nat_pptp
    ip netns exec "$1" iptables-legacy -t raw -A PREROUTING -p tcp --dport 1723 -j CT --helper pptp
    ip netns exec "$1" iptables-legacy -t nat -A POSTROUTING -o eth0 -j MASQUERADE
}

# within SPACE COMMAND: runs it there. pptp has a folder there in which it finds no calls of others.
within() {
    mkdir -p /run/pptp
    ip netns exec "$1" sh -c "mount -t tmpfs none /run/pptp; . /kit/inside.sh; $2"
}

# memory PROGRAM...: what all their processes take, in KiB: their share of all pages, and what the guest has left.
memory() {
    share=0
    for pid in $(pidof "$@"); do
        share=$((share + $(awk '/^Pss:/ { print $2 }' "/proc/$pid/smaps_rollup")))
    done
    echo "$share $(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo)"
}

# herd COUNT AT_ONCE COMMAND: has pptp-client dial in each of the spaces c1, c2 and so on, so many at a time, and tells
# how many came up and after how many seconds. They log to /lab/c1.log and so on.
herd() {
    rm -f /run/turns /run/done
    mkfifo /run/turns /run/done
    exec 8<>/run/turns 9<>/run/done
    for i in $(seq "$1"); do
        # All stand ready, and wait for their turn, so that the start of a shell is not what is measured.
        ip netns exec "c$i" sh -c 'echo ready >&9
            read -r turn <&8
            { PPTP_PASSWORD=$2 $3 2>&1; echo end; } | while IFS= read -r line; do
                echo "$line" >&7
                case $line in *"  up: "*) echo up >&9 && echo >&8 ;; end) echo end >&9 && echo >&8 ;; esac
            done 7>"/lab/$1.log"' sh "c$i" "$PASS" "$3" &
    done
    for i in $(seq "$1"); do read -r line <&9; done
    start=$(cut -d ' ' -f 1 /proc/uptime)
    for i in $(seq "$2"); do echo >&8; done
    came=0
    for i in $(seq "$1"); do
        read -t 60 -r line <&9 || break
        [ "$line" != up ] || came=$((came + 1))
    done
    echo "$came $start $(cut -d ' ' -f 1 /proc/uptime)" | awk '{ print $1, $3 - $2 }'
    exec 8>&- 9>&-
}
