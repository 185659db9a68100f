#!/bin/bash
# pptp-radius against Debian's FreeRADIUS, and hostap's eapol_test behind it; pptp-eap-tls as the peer of FreeRADIUS and
# hostapd, and as the server of eapol_test.
. .ci/lib.sh

need freeradius openssl eapoltest hostapd python3-minimal gcc libc6-dev
as_root systemctl disable -q --now freeradius 2>/dev/null || true # the package starts one of its own
tests --test freeradius -- --ignored
