# Methods of authentication that have to be named: pptp-client against pptpd, and pptp-server against pptp-linux. Sourced by
# run.
# shellcheck shell=bash disable=SC2016,SC2034,SC2153,SC2154

# by METHOD TEXT: pptp-client comes up by it, without encryption.
by() {
    alice --auth "$1" --mppe refuse
    tells "authenticated: $2"
    there ping -q -c 3 -i 0.2 -W 2 "$INSIDE"
    hang_up
    note "$1"
}

# One server that takes them all, and asks for the best first: it is told each time what there is.
case_client_methods() {
    printf '%s\n' auth nomppe noccp >"$LOGS/all-methods"
    serve "$LOGS/all-methods"
    by pap 'the password has been told'
    by chap-md5 'the server believes us'
    by mschap-v1 'the server believes us'
    grep 'rcvd \[PAP AuthReq' "$SERVER_LOGS/pppd.log" || grep 'CHAP Response' "$SERVER_LOGS/pppd.log"
    local method
    for method in pap chap-md5 mschap-v1; do
        PPTP_PASSWORD=looking-glass fails 7 'the user name or the password is wrong' --user alice --auth "$method" \
            --mppe refuse
    done
    # None of these is used without being named: what is asked for then is MS-CHAPv2.
    alice --mppe refuse
    tells 'authenticated: each end knows the password'
    hang_up
}

case_client_mschap_v1() {
    serve mschap1-mppe128
    alice --auth mschap-v1
    tells 'encryption: sending MPPE-128 stateless, receiving MPPE-128 stateless'
    works
    hang_up
}

# comes METHOD ENCRYPTION PPPD-OPTION...: pptp-linux has but that method.
comes() {
    guest_dials "${@:3}"
    guest "up t || exit 1
        ping -q -c 3 -i 0.2 -W 2 $INSIDE"
    logs " up session=.* send=$2"
    guest 'grep -m 1 "authentication succeeded" /lab/t.log'
    leaves
    note "$1"
}

case_server_methods() {
    host mppe=allow 'authentication=["mschap-v2", "mschap-v1", "chap-md5", "pap"]'
    comes pap '.*clear' nomppe noccp refuse-eap refuse-mschap-v2 refuse-mschap refuse-chap
    guest 'grep "PAP AuthReq" /lab/t.log'
    comes chap-md5 '.*clear' nomppe noccp refuse-eap refuse-mschap-v2 refuse-mschap refuse-pap
    guest 'grep "auth chap MD5" /lab/t.log'
    comes mschap-v1 '.*clear' nomppe noccp refuse-eap refuse-mschap-v2 refuse-chap refuse-pap
    guest 'grep "auth chap MS>" /lab/t.log'
    comes mschap-v1-mppe '.*MPPE-128 stateless' require-mppe-128 refuse-eap refuse-mschap-v2 refuse-chap refuse-pap
    comes mschap-v2 '.*MPPE-128 stateless' require-mppe-128
    unhost
}

# In EAP; pppd has no say in which method it is.
case_server_eap_md5() {
    host mppe=allow 'authentication=["eap-md5"]'
    comes eap-md5 '.*clear' nomppe noccp
    guest 'grep "EAP Response id=.* MD5" /lab/t.log'
    : >"$LOGS/server"
    turned_away 'the password is wrong' nomppe noccp 'password looking-glass'
    unhost
}

case_server_methods_wrong_password() {
    host mppe=refuse 'authentication=["chap-md5", "pap"]'
    turned_away 'the password is wrong' nomppe noccp 'password looking-glass' refuse-chap
    guest 'grep "PAP AuthNak" /lab/t.log'
    turned_away 'the password is wrong' nomppe noccp 'password looking-glass' refuse-pap
    guest 'grep "CHAP Failure" /lab/t.log'
    unhost
}
