# Clients behind one address: sourced by run.
# shellcheck shell=bash disable=SC2016,SC2034,SC2153,SC2154

# streets: a guest with two NATs, which have two clients each: nat1 is the kernel's, with its helper for PPTP, nat2 is
# pptp-nat.
streets() {
    contest
    ip -n "$LAB_NETNS" route replace 10.97.0.0/16 via 10.99.1.2
    "$here/lab/in" client1 '
        spaces nat 10.97.1 2
        spaces linux 192.168.7 2 nat1
        spaces ours 192.168.8 2 nat2
        for i in 1 2; do ip -n ours$i route change default via 192.168.8.254 mtu 1300; done
        masquerade nat1
        ip route add 10.97.1.100 via 10.97.1.2
        ip netns exec nat2 /programs/pptp-nat --public 10.97.1.100 --device nat0 >/lab/pptp-nat.log 2>&1 &
        for try in $(seq 100); do
            ! grep -q translates /lab/pptp-nat.log || break
            sleep 0.05
        done
        ip -n nat2 route add default dev nat0 table 47
        ip -n nat2 rule add from 192.168.8.0/24 ipproto 6 dport 1723 table 47
        ip -n nat2 rule add from 192.168.8.0/24 ipproto 47 table 47'
}

# neighbours NAT: two of pptp-client behind it, which chose the same call id, reach one server at the same time. Each is
# pinged through from its end, with packets that go in one piece and in two, and fetches a file. With RECORD=1 what
# passes on either side of the NAT is left in the client's guest's folder.
neighbours() {
    "$here/lab/in" client1 "
        case $1 in linux) nat=nat1 ;; *) nat=nat2 ;; esac
        if [ -n '${RECORD:-}' ]; then
            rm -f /lab/$1*.pcap
            for device in eth0 $1\1 $1\2; do
                ip netns exec \$nat tcpdump -p -U --immediate-mode -Z root -i \$device -w /lab/$1-\$device.pcap \
                    'tcp port 1723 or ip proto 47' 2>/dev/null &
                until [ -s /lab/$1-\$device.pcap ]; do sleep 0.02; done
            done
        fi
        for i in 1 2; do within $1\$i 'ours $1'\$i' --call-id 4711 $SERVER'; done
        for i in 1 2; do up $1\$i || exit 1; done
        for i in 1 2; do
            ip netns exec $1\$i sh -c '
                ping -q -c 2 -i 0.2 -W 2 $INSIDE && ping -q -c 2 -i 0.2 -W 2 -s 1360 $INSIDE &&
                timeout 60 wget -q -O - http://$INSIDE/some.txt | sha256sum' &
            pids=\"\$pids \$!\"
        done
        wait \$pids
        for i in 1 2; do down $1\$i; done
        [ -z '${RECORD:-}' ] || { sleep 0.2 && killall tcpdump; }" | tee "$LOGS/neighbours"
    [ "$(grep -cxF -- "$(file some | sha256sum)" "$LOGS/neighbours")" = 2 ]
    # By the loss of one packet the server learns what fits.
    [ "$(grep -c ' 0% packet loss' "$LOGS/neighbours")" -ge 3 ]
}

case_nat() {
    local log=${SERVER_LOGS%/*}/client1/pptp-nat.log
    streets
    trap 'cat "${SERVER_LOGS%/*}/client1/pptp-nat.log" "${SERVER_LOGS%/*}"/client1/ours?.log' EXIT
    offer pptpd mppe
    neighbours ours
    # pptpd takes it for the end if a packet of its own does not fit, so that only what comes from inside is in pieces.
    offer ours mppe
    "$here/lab/in" client1 'ip -n nat2 link set nat0 mtu 1300'
    neighbours ours
    neighbours linux
    "$here/lab/in" client1 'killall pptp-nat
        while pidof pptp-nat >/dev/null; do sleep 0.05; done
        ! ip -n nat2 link show nat0'
    note 'two with call id 4711 at once, through pptp-nat and through the kernel'
    # Two calls to each server came and went, with ids of their own; the inside's is the same.
    [ "$(grep -c '^up: .* call 4711 as' "$log")" = 4 ]
    [ "$(sed -n 's/^up: .* as \([0-9]*\),.*/\1/p' "$log" | sort -u | wc -l)" = 4 ]
    [ "$(grep -c '^down: ' "$log")" = 4 ]
    tail -n 1 "$log" | grep '^connections: .* calls: 0;'
}
