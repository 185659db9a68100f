# How fast it is, all in guests, so that everybody has the same kernel below: sourced by run.
# shellcheck shell=bash disable=SC2153,SC2154

# contest: a guest for servers and one for clients, with no captures and no logs of packets.
contest() {
    rm -f "$LOGS/serves" "$LOGS/client_guest"
    export LAB_PACKETS=0 LAB_DEBUG=''
    "$here/lab/machine" server
    "$here/lab/machine" client1
    trap '"$here/lab/in" server "tail -n 5 /lab/pppd.log /lab/pptp-server.log"' EXIT
}

# What each of the two calls what is compared here. A packet is as long with all of them.
same='noauth;mtu 1400;mru 1400;noipv6;novj;noccp;nomppe'
mppe='auth;require-mschap-v2;mtu 1400;mru 1400;noipv6;novj;require-mppe-128;nobsdcomp;nodeflate'
options() { tr ';' '\n' <<<"$1" | sed 's/.*/"&"/' | tr '\n' ' '; }

# offer SERVER HOW: pptpd or ours serves instead of whoever did before; HOW is mppe or clear.
offer() {
    local text=ours_start
    case $1-$2 in
    pptpd-clear) text="pptpd_start 200 $(options "$same")" ;;
    pptpd-mppe) text="pptpd_start 200 $(options "$mppe")" ;;
    ours-clear) configure "$SERVER_LOGS/server.toml" mppe=refuse ;;
    ours-mppe) configure "$SERVER_LOGS/server.toml" ;;
    esac
    "$here/lab/in" server "pptpd_stop; ours_stop; $text"
}

# dials CLIENT HOW [NAME]: how a guest's script has linux or ours dial.
dials() {
    case $1-$2 in
    linux-clear) echo "linux ${3:-t} $SERVER $(options "$same")" ;;
    linux-mppe) echo "linux ${3:-t} $SERVER $(options "${mppe#auth;require-mschap-v2;}")" ;;
    ours-clear) echo "ours ${3:-t} $SERVER --mppe refuse --auth mschap-v2,none" ;;
    ours-mppe) echo "ours ${3:-t} $SERVER" ;;
    esac
}

# Which servers there are: without ours, only pptpd is measured.
servers() {
    echo pptpd
    [ ! -x "$PROGRAMS/pptp-server" ] || echo ours
}

# carry CLIENT SERVER HOW: for each direction, megabits a second of TCP.
carry() {
    "$here/lab/in" client1 "$(dials "$1" "$3")
        up t || exit 1
        for way in '' -R; do
            iperf3 -c \$peer -f m -t $seconds \$way | awk '/receiver/ { print \$7 }'
        done
        down t" >"$LOGS/carried"
    [ "$(grep -c . "$LOGS/carried")" = 2 ] || {
        cat "$LOGS/carried"
        return 1
    }
    sed -n 1p "$LOGS/carried" >>"$LOGS/speed-$1-$2-$3-up"
    sed -n 2p "$LOGS/carried" >>"$LOGS/speed-$1-$2-$3-down"
}

# median FILE [COLUMN]
median() { sort -n "$1" | awk '{ all[NR] = $1 } END { print (all[int((NR + 1) / 2)] + all[int(NR / 2 + 1)]) / 2 }'; }

case_throughput() {
    local round rounds=1 seconds=3 server how client way base
    [ -z "$LONG" ] || rounds=5 seconds=10
    contest
    rm -f "$LOGS"/speed-*
    "$here/lab/in" server 'iperf3 -s -D >/dev/null'
    for ((round = 0; round < rounds; round++)); do
        for server in $(servers); do
            for how in mppe clear; do
                offer "$server" $how
                for client in linux ours; do carry $client "$server" $how; done
            done
        done
    done
    {
        printf '%-30s %9s %9s %9s %9s\n' 'Mbit/s (and ratio to the first)' 'MPPE up' 'down' 'clear up' 'down'
        for server in $(servers); do
            for client in linux ours; do
                printf '%-30s ' "$(name "$client") > $(name "$server" server)"
                for how in mppe clear; do
                    for way in up down; do
                        base=$(median "$LOGS/speed-linux-pptpd-$how-$way")
                        median "$LOGS/speed-$client-$server-$how-$way" |
                            awk -v base="$base" '{ printf " %5.1f (%.2f)", $1, $1 / base }'
                    done
                done
                echo
            done
        done
    } >"$LOGS/table"
}

# name WHO [server]
name() {
    case $1-${2:-client} in
    ours-*) echo "pptp-${2:-client}" ;;
    linux-*) echo pptp-linux ;;
    *) echo "$1" ;;
    esac
}

# From the SYN to the last Configure-Ack of IPCP, as captured in the client's guest.
case_connect_time() {
    local i runs=5 client server text clients=(linux ours)
    [ -z "$LONG" ] || runs=31
    contest
    printf '%-30s %9s %9s %9s\n' 'SYN to IP up, ms' median fastest slowest >"$LOGS/table"
    for server in $(servers); do
        offer "$server" mppe
        # Once for all that is only done once: modules, files read.
        "$here/lab/in" client1 "$(dials linux mppe); up t || exit 1; down t; $(dials ours mppe); up t || exit 1; down t; sleep 0.5"
        "$here/lab/in" client1 'tcpdump -p -U --immediate-mode -s 200 -Z root -i vec0 -w /lab/times.pcap "tcp port 1723 or proto 47" \
            >/dev/null 2>&1 & sleep 0.5'
        text=
        for client in "${clients[@]}"; do text+="$(dials "$client" mppe); up t || exit 1; sleep 0.2; down t; sleep 0.3; "; done
        LAB_WAIT=600 "$here/lab/in" client1 "for run in \$(seq $runs); do $text done"
        # One line a connection, in turns.
        "$here/lab/in" client1 'killall tcpdump; sleep 0.2; tcpdump -Z root -tt -n -r /lab/times.pcap' >"$LOGS/times"
        awk '/Flags \[S\],/ { if (up) print 1000 * (up - start); start = $1; up = 0 }
            /IPCP, Conf-Ack/ { up = $1 } END { if (up) print 1000 * (up - start) }' "$LOGS/times" >"$LOGS/took"
        [ "$(wc -l <"$LOGS/took")" = $((runs * ${#clients[@]})) ]
        for ((i = 0; i < ${#clients[@]}; i++)); do
            awk -v turn=$i -v turns=${#clients[@]} '(NR - 1) % turns == turn' "$LOGS/took" | sort -n >"$LOGS/took-one"
            printf '%-30s %9.1f %9.1f %9.1f\n' "$(name "${clients[i]}") > $(name "$server" server)" \
                "$(median "$LOGS/took-one")" "$(head -n 1 "$LOGS/took-one")" "$(tail -n 1 "$LOGS/took-one")"
        done >>"$LOGS/table"
    done
}
