# access-concentrator and those who dial in to it: a pppd that knows nothing of PPTP, over a pseudo-terminal or TCP, on the
# other end of which is our server, or pptpd. Sourced by run.
# shellcheck shell=bash disable=SC2016,SC2034,SC2153,SC2154

# dials_in SERVER TRANSPORT ARGUMENT...: the concentrator runs in a guest, and so does a pppd, which dials in to it. The
# link has to come up, is pinged through, and carries 100 KB each way.
dials_in() {
    local server=$1 transport=$2 lines port
    shift 2
    case $transport in
    pty) lines='--pty /run/line0' port=/run/line0 ;;
    tcp) lines='--listen-tcp 127.0.0.1:7000' port='socket 127.0.0.1:7000' ;;
    esac
    client_guest
    guest "
        seq 18000 | head -c 102400 >/run/up
        : >/lab/concentrator.log
        /programs/access-concentrator $server $lines $* 2>/lab/concentrator.log &
        concentrator=\$!
        for try in \$(seq 60); do grep -q ' line' /lab/concentrator.log && break; sleep 0.05; done
        rm -rf /run/tunnel-line; mkdir -p /run/tunnel-line; : >/lab/line.log
        printf '%s\n' '#!/bin/sh' 'echo \"\$1 \$4 \$5\" >/run/tunnel-line/up' >/etc/ppp/ip-up
        chmod +x /etc/ppp/ip-up
        pppd $port nodetach local noauth nodefaultroute noipv6 novj nobsdcomp nodeflate mtu 1400 mru 1400 \
            ipcp-accept-local ipcp-accept-remote user $LAB_USER password $LAB_PASS debug logfile /lab/line.log \
            $pppd >/run/tunnel-line/out 2>&1 &
        pppd=\$!
        echo \$pppd >/run/tunnel-line/pid
        up line 12 || { cat /lab/concentrator.log; exit 1; }
        ping -q -c 5 -i 0.2 -W 2 \$peer
        echo down \$(timeout 20 wget -q -O - http://\$peer/some.txt | head -c 102400 | sha256sum)
        echo up \$(timeout 20 nc \$peer 7777 </run/up)
        kill \$pppd
        for try in \$(seq 60); do grep -q 'line 1: .*closed' /lab/concentrator.log && break; sleep 0.05; done
        kill -INT \$concentrator
        wait \$concentrator
        echo \"exit code \$?\"
        cat /lab/concentrator.log" | tee "$LOGS/guest"
    grep -F "down $(file some | head -c 102400 | sha256sum | tr -s ' ')" "$LOGS/guest"
    grep -F "up $(seq 18000 | head -c 102400 | sha256sum | tr -s ' ')" "$LOGS/guest"
    grep -F ' 0% packet loss' "$LOGS/guest"
    grep -x 'exit code 0' "$LOGS/guest"
}

# What is at the other end of the link: it tells what has come.
listens="nc -l -p 7777 -e /bin/sh -c 'head -c 102400 | sha256sum'"

# A pppd on a pseudo-terminal, by an incoming call to our server.
case_lines_incoming() {
    local pppd=require-mppe-128 listener
    host incoming=true
    there sh -c "${LAB_CACHE:-$HOME/.cache/pptp-lab}/root/bin/busybox $listens" </dev/null >"$LOGS/nc" 2>&1 &
    listener=$!
    dials_in 10.99.1.1 pty
    wait $listener
    logs 'an incoming call'
    logs ' up session=.*MPPE-128 stateless'
    logs ' down session=.*reason='
    # What the concentrator has counted.
    grep 'line 1: call 0 ended' "$LOGS/guest"
    unhost
}

# A pppd on a TCP connection, by an outgoing call to pptpd.
case_lines_outgoing() {
    local pppd=require-mppe-128
    serve mschap2-mppe128
    "$here/lab/in" server "busybox $listens </dev/null >/lab/nc.log 2>&1 &"
    dials_in "$SERVER" tcp --calls outgoing
}
