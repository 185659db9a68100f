# Many clients at once, each in a network namespace of its own in one guest: sourced by run.
# shellcheck shell=bash disable=SC2016,SC2034,SC2153,SC2154

# field: as contest, with memory for many, and a way back to the clients' namespaces.
field() {
    export LAB_MEM=1G LAB_WAIT=$((hold + 300))
    contest
    ip -n "$LAB_NETNS" route replace 10.97.0.0/16 via 10.99.1.2
}

# Twenty of pptp-linux, eight of them behind one NAT, which has the kernel's helper for PPTP. Each fetches a megabyte.
crowd() {
    local hold=0
    field
    offer "$1" mppe
    "$here/lab/in" client1 "
        spaces direct 10.97.0 12
        spaces nat 10.97.1 1
        spaces behind 192.168.7 8 nat1
        masquerade nat1

        sum=\$(seq 150000 | sha256sum)
        for i in \$(seq 12) nat\$(seq -s ' nat' 8); do
            case \$i in nat*) space=behind\${i#nat} ;; *) space=direct\$i ;; esac
            (
                within \$space \"$(dials linux mppe "\$space" | sed 's/"/\\"/g')
                    up \$space 60 || exit 1
                    got=\\\$(timeout 90 wget -q -O - http://$INSIDE/numbers.txt | sha256sum)
                    [ \\\"\\\$got\\\" = '\$sum' ] || { echo \$space: wrong sum; exit 1; }
                    echo \$space fetched it\"
            ) &
        done
        wait
        ip netns exec nat1 cat /proc/net/nf_conntrack | grep ' gre '
        for space in /run/tunnel-*; do down \${space#*-}; done" | tee "$LOGS/crowd"
    note "$(grep -c 'direct.* fetched' "$LOGS/crowd") and $(grep -c 'behind.* fetched' "$LOGS/crowd") behind a NAT"
    # How often the NAT had to give a call another number, so that the helper had to do its work.
    note "$(grep -c ' gre ' "$LOGS/crowd") calls through the helper"
    [ "$(grep -c 'fetched it' "$LOGS/crowd")" = 20 ]
    [ "$(grep -c ' gre ' "$LOGS/crowd")" -ge 8 ]
}

case_server_twenty() { crowd ours; }

# raise AT_ONCE: two hundred of pptp-client dial. All have to come up; how long that took is in $LOGS/raised.
raise() {
    "$here/lab/in" client1 "herd $clients $1 '/programs/pptp-client -u $LAB_USER $SERVER'" | tee "$LOGS/raised"
    [ "$(cut -d ' ' -f 1 "$LOGS/raised")" = "$clients" ]
}

lower() {
    "$here/lab/in" client1 'killall pptp-client; while pidof pptp-client >/dev/null; do sleep 0.1; done
        rm -f /lab/c[0-9]*.log'
}

# still_up: every client's ping comes back, and none has been down.
still_up() {
    "$here/lab/in" client1 "
        for i in \$(seq $clients); do
            ip netns exec c\$i ping -q -c 2 -W 5 $INSIDE >/run/ping\$i || echo c\$i does not get through &
        done
        wait
        echo \$(cat /lab/c[0-9]*.log | grep -c '  up: ') came up, \$(cat /lab/c[0-9]*.log | grep -c '^end') ended" |
        tee "$LOGS/pings"
    [ "$(cat "$LOGS/pings")" = "$clients came up, 0 ended" ]
}

weigh() { "$here/lab/in" server 'memory pptpd pptpctrl pppd pptp-server' >"$LOGS/$1"; }

# Two hundred of pptp-client at once: all up, none lost. Before that, what a session takes of the server's guest, and how
# many come up in a second of those that come eight at a time, as pptpd loses some if many come at the same moment.
case_server_two_hundred() {
    local hold=20 clients=50 server
    [ -z "$LONG" ] || hold=600 clients=200
    field
    "$here/lab/in" client1 'spaces c 10.97.0 200'
    printf '%-14s %14s %10s %16s %18s\n' "$clients sessions" '8 at a time' 'a second' 'KiB a session' 'and of the guest' \
        >"$LOGS/table"
    for server in $(servers); do
        offer "$server" mppe
        weigh before
        raise 8
        weigh after
        awk -v server="$(name "$server" server)" '
            FILENAME ~ /raised/ { clients = $1; took = $2 }
            FILENAME ~ /before/ { share = $1; left = $2 }
            FILENAME ~ /after/ { printf "%-14s %12.1f s %10.1f %16.1f %18.1f\n", server, took, clients / took,
                ($1 - share) / clients, (left - $2) / clients }' \
            "$LOGS/raised" "$LOGS/before" "$LOGS/after" >>"$LOGS/table"
        lower
    done
    clients=200
    raise $clients
    note "200 at once up after $(cut -d ' ' -f 2 "$LOGS/raised") s"
    sleep "$hold"
    still_up
    note "all there after $hold s"
    lower
}
