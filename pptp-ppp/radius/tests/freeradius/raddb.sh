#!/bin/sh
# raddb.sh FOLDER ADDRESS PORT [DEFAULT-EAP-METHOD [NEWEST-VERSION-OF-TLS]]
# Makes a configuration for Debian's FreeRADIUS 3 in FOLDER: `freeradius -f -l stdout -d FOLDER` runs with it, as anybody.
# It has certificates of its own making, for names in .example, which do for a day. The secret is "testing-secret".
#
#   alice, wonderland    has an address, and an hour
#   bob, builder         is answered without Message-Authenticator
#   long                 has a password of 128 characters
#   expired, old         has to change the password, and cannot
#   changing*            has to change the password, "old" at first, to one of six characters or more: see ntlm_auth.py
#   locked, disabled     with the password "right": the account is locked, or disabled
#   strong, bits         with the password "right": has to encrypt, with 128 bits
set -eu
folder=$1 address=$2 port=$3 method=${4:-md5} tls=${5:-1.2}
domain="/usr/bin/python3 $(cd "$(dirname "$0")" && pwd)/ntlm_auth.py"
umask 077
mkdir -p "$folder"
cd "$folder"
folder=$PWD
domain="$domain $folder"

cat >radiusd.conf <<END
prefix = /usr
name = freeradius
libdir = /usr/lib/freeradius
logdir = $folder
run_dir = $folder
max_request_time = 30
cleanup_delay = 5
max_requests = 1024
log {
    destination = stdout
}
security {
    max_attributes = 200
    reject_delay = 0
    status_server = no
}
thread pool {
    start_servers = 2
    max_servers = 4
    min_spare_servers = 1
    max_spare_servers = 3
    max_requests_per_server = 0
}
client everybody {
    ipaddr = 0.0.0.0/0
    secret = testing-secret
    require_message_authenticator = yes
}
modules {
    files {
        filename = $folder/users
    }
    pap {
    }
    chap {
    }
    mschap {
        use_mppe = yes
    }
    # As with a domain of Windows: local_cpw, which would need no ntlm_auth, crashes 3.2.1 under OpenSSL 3.
    mschap domain {
        use_mppe = yes
        ntlm_auth = "$domain --username=%{mschap:User-Name} --challenge=%{mschap:Challenge} --nt-response=%{mschap:NT-Response}"
        passchange {
            ntlm_auth = "$domain --helper-protocol=ntlm-change-password-1"
            ntlm_auth_username = "username: %{mschap:User-Name}"
        }
    }
    eap {
        default_eap_type = $method
        timer_expire = 60
        max_sessions = 1024
        md5 {
        }
        mschapv2 {
            send_error = yes
        }
        tls-config own {
            private_key_file = $folder/server.key
            certificate_file = $folder/server.pem
            ca_file = $folder/ca.pem
            tls_min_version = "1.2"
            tls_max_version = "$tls"
            fragment_size = 1024
            include_length = yes
        }
        tls {
            tls = own
        }
        peap {
            tls = own
            default_eap_type = mschapv2
            virtual_server = inner
        }
    }
}
policy {
    ms_chap {
        if (&User-Name =~ /^changing/) {
            domain
        }
        else {
            mschap
        }
    }
}
server default {
    listen {
        type = auth
        ipaddr = $address
        port = $port
    }
    authorize {
        files
        mschap
        chap
        eap {
            ok = return
        }
        pap
    }
    authenticate {
        Auth-Type PAP {
            pap
        }
        Auth-Type CHAP {
            chap
        }
        Auth-Type MS-CHAP {
            ms_chap
        }
        eap
    }
    post-auth {
        # One that knows CVE-2024-3596 does so by itself.
        if (&User-Name != "bob") {
            update reply {
                Message-Authenticator := 0x00
            }
        }
        Post-Auth-Type REJECT {
            update reply {
                Message-Authenticator := 0x00
            }
        }
    }
}
server inner {
    authorize {
        files
        mschap
        eap {
            ok = return
        }
        pap
    }
    authenticate {
        Auth-Type MS-CHAP {
            ms_chap
        }
        eap
    }
}
END

cat >users <<END
alice Cleartext-Password := "wonderland"
    Framed-IP-Address = 10.98.7.7, Session-Timeout = 3600
bob Cleartext-Password := "builder"
long Cleartext-Password := "a password of more than one block, which is sixteen octets, and of not more than the hundred and twenty-eight that there can be."
expired Cleartext-Password := "old", SMB-Account-CTRL-TEXT := "[UXe]"
locked Cleartext-Password := "right", SMB-Account-CTRL-TEXT := "[UL]"
disabled Cleartext-Password := "right", SMB-Account-CTRL-TEXT := "[UD]"
strong Cleartext-Password := "right"
    MS-MPPE-Encryption-Policy := Encryption-Required, MS-MPPE-Encryption-Types := 4
END

{
    openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 1 -subj '/CN=Authority of a test' \
        -addext basicConstraints=critical,CA:TRUE
    for who in server client; do
        case $who in server) name=radius.example use=serverAuth ;; client) name=alice use=clientAuth ;; esac
        openssl req -newkey rsa:2048 -nodes -keyout $who.key -out $who.csr -subj "/CN=$name"
        printf 'subjectAltName=DNS:%s\nextendedKeyUsage=%s\n' $name $use >$who.ext
        openssl x509 -req -in $who.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out $who.pem -days 1 -extfile $who.ext
    done
} >openssl.log 2>&1 || {
    cat openssl.log >&2
    exit 1
}
