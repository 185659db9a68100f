# EAP-TLS and PEAP, with certificates that are made here: sourced by run. pppd has EAP-TLS; for PEAP both ends are ours.
# shellcheck shell=bash disable=SC2016,SC2034,SC2154

# certificates FOLDER: an authority, a server vpn.example, alice, and an authority that nobody trusts.
certificates() {
    local who use
    mkdir -p "$1"
    (
        umask 077
        cd "$1"
        for ca in ca other; do
            openssl req -x509 -newkey rsa:2048 -nodes -keyout $ca.key -out $ca.pem -days 2 -subj "/CN=Authority $ca" \
                -addext basicConstraints=critical,CA:TRUE
        done
        for who in server client; do
            case $who in server) name=vpn.example use=serverAuth ;; client) name=alice use=clientAuth ;; esac
            openssl req -newkey rsa:2048 -nodes -keyout $who.key -out $who.csr -subj "/CN=$name"
            printf 'subjectAltName=DNS:%s\nextendedKeyUsage=%s\nkeyUsage=digitalSignature,keyEncipherment\n' $name $use >$who.ext
            openssl x509 -req -in $who.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out $who.pem -days 2 -extfile $who.ext
        done
    ) 2>/dev/null
}

# show_certificates: what pptp-server's configuration has of them.
show_certificates() {
    local at="$LOGS/certificates"
    printf 'certificate = "%s"\nkey = "%s"\nclient-ca = "%s"\n' "$at/server.pem" "$at/server.key" "$at/ca.pem"
}

# Ours on both sides: by certificate and by password, and with a server that is not to be trusted.
case_tls_ours() {
    local at="$LOGS/certificates" trust
    trust=(--ca "$at/ca.pem" --server-name vpn.example)
    certificates "$at"
    passwords password=wonderland must_change=false authentication='"eap-tls"' tls="$(show_certificates)"
    logs_in 0 'up: ' --auth eap-tls "${trust[@]}" --certificate "$at/client.pem" --key "$at/client.key"
    logs_in 9 'not valid for name' --auth eap-tls --ca "$at/ca.pem" --server-name elsewhere.example \
        --certificate "$at/client.pem" --key "$at/client.key"
    forget
    passwords password=wonderland must_change=false authentication='"peap"' tls="$(show_certificates)"
    echo wonderland >"$LOGS/passwords/wonderland"
    logs_in 0 'MPPE-128' --auth peap "${trust[@]}" --password-file "$LOGS/passwords/wonderland"
    logs_in 7 'the password is wrong' --auth peap "${trust[@]}" --password-file "$LOGS/passwords/wrong"
    logs_in 9 'UnknownIssuer' --auth peap --ca "$at/other.pem" --server-name vpn.example \
        --password-file "$LOGS/passwords/wonderland"
    forget
}

# Our client, and pppd behind pptpd.
case_tls_client() {
    local at="$LOGS/certificates"
    certificates "$at"
    printf '%s\n' auth require-eap require-mppe-128 >"$LOGS/eap-tls"
    serve "$LOGS/eap-tls"
    cp "$at/"{ca.pem,server.pem,server.key} "$SERVER_LOGS"
    "$here/lab/in" server 'echo "alice * - /lab/server.pem /lab/ca.pem /lab/server.key *" >/etc/ppp/eaptls-server
        chmod 600 /etc/ppp/eaptls-server'
    alice --auth eap-tls --ca "$at/ca.pem" --server-name vpn.example --certificate "$at/client.pem" --key "$at/client.key"
    tells 'authenticated: each end has shown its certificate'
    tells 'encryption: sending MPPE-128 stateless, receiving MPPE-128 stateless'
    works
    hang_up
    "$here/lab/in" server 'rm /etc/ppp/eaptls-server'
}

# pptp-linux with pppd, and our server.
case_tls_server() {
    local at="$LOGS/certificates"
    certificates "$at"
    client_guest
    cp "$at/"{ca.pem,client.pem,client.key} "${SERVER_LOGS%/*}/client1"
    host authentication='"eap-tls"' tls="$(show_certificates)"
    knock require-mppe-128 'ca /lab/ca.pem' 'cert /lab/client.pem' 'key /lab/client.key'
    logs 'MPPE-128 stateless'
    leaves
    unhost
}
