# pptp-client against pptpd: sourced by run.
# shellcheck shell=bash disable=SC2153,SC2154

SERVER=10.99.0.2
INSIDE=10.98.0.1
patience=60 # seconds for a download
[ -z "$LONG" ] || patience=500
SERVER_LOGS=${LAB_CACHE:-$HOME/.cache/pptp-lab}/run/$LAB_NETNS/server

# serve CONFIG...: boots that server, unless it runs already.
serve() {
    [ "$(cat "$LOGS/serves" 2>/dev/null)" != "$*$LAB_NETEM$LAB_NETEM_IN" ] || return 0
    rm -f "$LOGS/serves"
    "$here/lab/up" "$@"
    printf '%s' "$*$LAB_NETEM$LAB_NETEM_IN" >"$LOGS/serves"
}

# As somebody in the lab's network.
there() { ip netns exec "$LAB_NETNS" "$@"; }

# dial ARGUMENT...: starts the client, and waits until the tunnel is up. Notes how long that took.
dial() {
    local i up
    (umask 077 && printf '%s\n' "${LAB_PASS:-wonderland}" >"$LOGS/password")
    : >"$LOGS/client"
    ip netns exec "$LAB_NETNS" "$PROGRAMS/pptp-client" "$SERVER" "$@" >"$LOGS/client" 2>&1 &
    client=$!
    trap 'kill -KILL $client 2>/dev/null || true; cat "$LOGS/client"; tail -n 30 "$SERVER_LOGS/pppd.log"' EXIT
    for ((i = 0; i < 300; i++)); do
        up=$(sed -n 's/^ *\([0-9.]*\)  up: .*/\1/p' "$LOGS/client")
        if [ -n "$up" ]; then
            note "up in $up s"
            return
        fi
        kill -0 "$client"
        sleep 0.1
    done
    echo 'it does not come up'
    return 1
}

alice() { dial --user "${LAB_USER:-alice}" --password-file "$LOGS/password" "$@"; }

# works: pings through the tunnel, and fetches a megabyte.
works() {
    there ping -q -c 5 -i 0.2 -W 2 "$INSIDE"
    fetch numbers.txt < <(file numbers)
}

# works_badly COUNT ENOUGH [NAME]: pings as often, of which so many have to come back, and fetches nine kilobytes, or the
# file of that name.
works_badly() {
    local got name=${3:-fox}
    there ping -q -c "$1" -i 0.05 -W 2 "$INSIDE" | tee "$LOGS/ping" || true
    got=$(sed -n 's/.* \([0-9]*\) received.*/\1/p' "$LOGS/ping")
    note "$got of $1 pings"
    [ "$got" -ge "$2" ]
    fetch "$name.txt" < <(file "$name")
}

# fetch FILE: gets it through the tunnel. It has to be what is on standard input.
fetch() {
    local sum wanted
    wanted=$(sha256sum)
    # shellcheck disable=SC2016
    sum=$(there timeout "$patience" bash -c 'exec 3<>"/dev/tcp/$0/80" && printf "GET /$1 HTTP/1.0\r\n\r\n" >&3 &&
        sed "1,/^\r*$/d" <&3' "$INSIDE" "$1" | sha256sum)
    echo "sha256 $sum"
    [ "$sum" = "$wanted" ]
}

# hang_up: has the client end. The server has to have been told at each layer.
hang_up() {
    local start=${EPOCHREALTIME/./} code=0
    kill -TERM "$client"
    wait "$client" || code=$?
    note "down in $(((${EPOCHREALTIME/./} - start) / 1000)) ms"
    echo "exit code $code"
    [ "$code" = 0 ]
    # On a bad path the goodbyes may have been lost, and then it ends by TCP.
    [ -z "$LAB_NETEM" ] || return 0
    # pptpd's own log comes a moment later.
    local i
    for ((i = 0; i < 30; i++)); do
        ! tail -n 8 "$SERVER_LOGS/syslog" | grep -q 'control connection finished' || break
        sleep 0.1
    done
    tail -n 12 "$SERVER_LOGS/pppd.log" | grep 'LCP terminated by peer'
    tail -n 16 "$SERVER_LOGS/syslog" | grep 'Received CALL CLR request'
    there ip -brief link show >"$LOGS/devices"
    absent '^tun' "$LOGS/devices"
}

# absent PATTERN FILE: it is not there. (`set -e` does not heed a command with a "!" before it.)
absent() { if grep -e "$1" "$2"; then return 1; fi; }

# tells TEXT: the client has said so.
tells() { grep -F -- "$1" "$LOGS/client"; }

# fails CODE TEXT ARGUMENT...: the client gives up with that exit code, and says so.
fails() {
    local code=0 wanted=$1 text=$2
    shift 2
    there timeout 40 "$PROGRAMS/pptp-client" "$SERVER" "$@" >"$LOGS/client" 2>&1 || code=$?
    cat "$LOGS/client"
    note "exit code $code: $(sed -n 's/^pptp-client: //p' "$LOGS/client")"
    [ "$code" = "$wanted" ]
    tells "$text"
}

case_client_stateless() {
    serve mschap2-mppe128
    alice
    tells 'encryption: sending MPPE-128 stateless, receiving MPPE-128 stateless'
    works
    hang_up
}

# What it changes on this machine, and that all of it is put back; what it records.
case_client_routes() {
    local before
    serve mschap2-mppe128 'ms-dns 10.98.0.53'
    before=$(there ip route)
    mkdir -p "$LOGS/bin"
    rm -f "$LOGS/resolv"
    printf '#!/bin/sh\n{ echo "$@"; case $1 in -a) cat ;; esac; } >>"%s"\n' "$LOGS/resolv" >"$LOGS/bin/resolvconf"
    chmod +x "$LOGS/bin/resolvconf"
    PATH=$LOGS/bin:$PATH alice --default-route --resolvconf --pcap "$LOGS/outside.pcap" --pcap-inside "$LOGS/inside.pcap"
    there ip route get 198.51.100.1 | grep 'dev tun'
    there ip route get "$SERVER" >"$LOGS/way"
    absent 'dev tun' "$LOGS/way"
    works
    kill -USR1 "$client"
    sleep 0.3
    tells 'up for'
    hang_up
    [ "$(there ip route)" = "$before" ]
    cat "$LOGS/resolv"
    grep -e '-a tun.*\.pptp' "$LOGS/resolv"
    grep 'nameserver 10.98.0.53' "$LOGS/resolv"
    grep -e '-d tun.*\.pptp' "$LOGS/resolv"
    "$PROGRAMS/pptp-inspect" "$LOGS/outside.pcap" --user "$LAB_USER" --password "$LAB_PASS" --write "$LOGS/decrypted.pcap"
    # What comes out of the one file is in the other, but for the times.
    packets "$LOGS/inside.pcap" >"$LOGS/inside"
    packets "$LOGS/decrypted.pcap" >"$LOGS/decrypted"
    [ -s "$LOGS/inside" ]
    cmp "$LOGS/inside" "$LOGS/decrypted"
    note "$(wc -l <"$LOGS/inside") packets recorded, outside and inside"
}

# packets FILE: a line each, in no order.
packets() { tcpdump -n -r "$1" -t -x 2>/dev/null | tr -d '\n\t ' | sed 's/IP10/\nIP10/g' | sort; }

case_client_wrong_password() {
    serve mschap2-mppe128
    PPTP_PASSWORD=looking-glass fails 7 'the user name or the password is wrong' --user alice
}

case_client_refuses_encryption() {
    serve mschap2-mppe128
    PPTP_PASSWORD=wonderland fails 10 'the peer requires encryption' --user alice --mppe refuse
}

case_client_40_bits() {
    serve mschap2-mppe40
    alice --strength 40,128
    tells 'encryption: sending MPPE-40 stateless, receiving MPPE-40 stateless'
    works
    hang_up
}

case_client_stateful() {
    serve mschap2-mppe128-stateful
    alice --mode stateful
    tells 'encryption: sending MPPE-128 stateful, receiving MPPE-128 stateful'
    works
    hang_up
}

case_client_unencrypted() {
    serve mschap2
    alice --mppe refuse
    tells 'encryption: sending in the clear, receiving in the clear'
    works
    hang_up
}

# The server has no CCP.
case_client_encryption_refused() {
    serve mschap2
    PPTP_PASSWORD=wonderland fails 10 'encryption is required, and the peer has none that will do' --user alice
}

# The server has CCP, and in it no MPPE.
case_client_encryption_rejected() {
    printf '%s\n' auth require-mschap-v2 nomppe >"$LOGS/ccp-without-mppe"
    serve "$LOGS/ccp-without-mppe"
    PPTP_PASSWORD=wonderland fails 10 'encryption is required, and the peer has none that will do' --user alice
}

# By MD5, which pppd offers first, and by MSCHAPv2 after a Nak. Its Success gets lost on the way: it never sends one.
case_client_eap() {
    printf '%s\n' auth require-eap >"$LOGS/eap"
    serve "$LOGS/eap"
    alice --auth eap-md5 --mppe refuse
    works
    hang_up
    alice --auth eap-mschap-v2 --mppe refuse
    works
    hang_up
}

case_client_nobody() {
    serve noauth
    dial --mppe refuse
    works
    hang_up
}

# Each loss costs a Reset-Request and its answer, either of which may be lost as well; whoever is out of step for good
# gets nothing through any more.
case_client_stateful_lossy() {
    LAB_NETEM='loss 3%' LAB_NETEM_IN='loss 3%'
    serve mschap2-mppe128-stateful
    alice --mode stateful
    works_badly 200 70 some
    local log=$SERVER_LOGS/pppd.log
    note "$(grep -c 'sent \[CCP ResetReq' "$log") resets asked by pppd, $(grep -c 'rcvd \[CCP ResetReq' "$log") by us"
    # The resets have to be answered and to help: what is decrypted wrongly is rejected as a protocol unheard of.
    grep 'rcvd \[CCP ResetAck' "$log"
    absent 'Unsupported protocol' "$log"
    hang_up
    orders
}

# A whole megabyte, over a path that loses less.
case_client_megabyte_lossy() {
    LAB_NETEM='delay 20ms 10ms loss 2%'
    serve mschap2-mppe128
    alice
    fetch numbers.txt < <(file numbers)
    hang_up
    orders
}

# A path that loses 5 % each way and reorders 10 %.
bad_path='delay 5ms loss 5% reorder 10%'

# orders: notes what became of packets that others had overtaken.
orders() { note "$(sed -n 's/.*; \([0-9]* put in order, [0-9]* delivered late; dropped: [0-9]* late\).*/\1/p' "$LOGS/client")"; }

# slogs FILE CONFIG ARGUMENT...: fetches it over that path.
slogs() {
    local start
    LAB_NETEM=$bad_path LAB_NETEM_IN=$bad_path
    serve "$2"
    alice "${@:3}"
    start=$SECONDS
    fetch "$1"
    note "$1 in $((SECONDS - start)) s"
    hang_up
    orders
}

# pptpd waits 0.3 s for each packet that is lost, so that a whole megabyte takes most of a minute.
case_client_download_lossy() {
    local file=some
    [ -z "$LONG" ] || file=numbers
    slogs $file.txt mschap2-mppe128 < <(file $file)
}

# Each way to treat what others have overtaken: what pptpd sends is lost and overtaken once the tunnel is up. The pings are
# closer to each other than the delay is long.
case_client_orders_lossy() {
    local how sign
    for how in discard buffer late; do
        serve mschap2-mppe128
        alice --order $how
        "$here/lab/in" server "tc qdisc replace dev vec0 root netem $bad_path"
        there ping -q -c 1500 -i 0.002 -W 2 "$INSIDE" | tee "$LOGS/ping" || true
        note "$how: $(sed -n 's/.* \([0-9]*\) received.*/\1/p' "$LOGS/ping") of 1500 pings"
        [ -z "$LONG" ] || fetch numbers.txt < <(file numbers)
        "$here/lab/in" server "tc qdisc del dev vec0 root"
        hang_up
        orders
        case $how in
        discard) sign='; 0 put in order, 0 delivered late; dropped: [1-9][0-9]* late' ;;
        buffer) sign='; [1-9][0-9]* put in order, 0 delivered late; ' ;;
        late) sign='; 0 put in order, [1-9][0-9]* delivered late; ' ;;
        esac
        grep -e "$sign" "$LOGS/client"
    done
}

case_client_download_stateful_lossy() {
    local file=some
    [ -z "$LONG" ] || file=numbers
    slogs $file.txt mschap2-mppe128-stateful --mode stateful < <(file $file)
}

# file NAME: what there is in the file of that name that the guests serve.
file() {
    local i
    case $1 in
    numbers) seq 150000 ;;
    some) seq 30000 ;;
    fox) for ((i = 0; i < 200; i++)); do echo 'The quick brown fox jumps over the lazy dog.'; done ;;
    esac
}

case_client_stateless_lossy() {
    LAB_NETEM='delay 5ms loss 3% reorder 10%' LAB_NETEM_IN='loss 3%'
    serve mschap2-mppe128
    alice
    works_badly 200 160
    hang_up
    orders
}
