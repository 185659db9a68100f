#!/bin/sh
# Makes the certificates of the tests anew, in this folder. They are good for a hundred years, and for nothing else.
set -eu
cd "$(dirname "$0")"
key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"; }
for ca in ca other-ca; do
    key $ca.key
    openssl req -x509 -key $ca.key -out $ca.pem -days 36500 -subj "/CN=Authority $ca" \
        -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign
done
# issue NAME CA SUBJECT USE ALTERNATIVES
issue() {
    key "$1.key"
    openssl req -new -key "$1.key" -out "$1.csr" -subj "$3"
    printf 'extendedKeyUsage=%s\nsubjectAltName=%s\n' "$4" "$5" >"$1.ext"
    openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -out "$1.pem" -days "${6:-36500}" -extfile "$1.ext"
}
issue server ca /CN=VPN serverAuth DNS:vpn.example
issue client ca '/O=Tea party/CN=alice' clientAuth \
    'email:alice@example.net,DNS:alice.example,otherName:1.3.6.1.4.1.311.20.2.3;UTF8:alice@corp.example'
issue stranger other-ca /CN=alice clientAuth email:alice@example.net
rm -f ca.key other-ca.key ./*.csr ./*.ext ./*.srl
