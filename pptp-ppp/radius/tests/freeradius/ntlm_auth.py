#!/usr/bin/env python3
"""As Samba's ntlm_auth, as far as FreeRADIUS calls it: a Windows domain whose users have the password "old" at first, and
have to change it. What a user changes it to is in FOLDER/NAME.hash, as an NT hash.

ntlm_auth.py FOLDER --username=NAME --challenge=HEX --nt-response=HEX
ntlm_auth.py FOLDER --helper-protocol=ntlm-change-password-1
"""
import pathlib
import re
import subprocess
import sys

folder = pathlib.Path(sys.argv[1])


def openssl(*arguments, data):
    command = ["openssl", *arguments, "-provider", "legacy", "-provider", "default"]
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout


def md4(data):
    return openssl("dgst", "-md4", "-binary", data=data)


def des(key, block, decrypt=False):
    bits = int.from_bytes(key, "big")
    key = bytes((bits >> (49 - 7 * i) & 0x7F) << 1 for i in range(8))
    return openssl("enc", "-des-ecb", "-nopad", "-K", key.hex(), *(["-d"] if decrypt else []), data=block)


def nt_hash(password):
    return md4(password.encode("utf-16-le"))


def known_hash(user):
    try:
        return bytes.fromhex((folder / f"{user}.hash").read_text())
    except FileNotFoundError:
        return nt_hash("old")


def is_expired(user):
    return not (folder / f"{user}.hash").exists()


def is_a_name(user):
    return re.fullmatch("changing[a-z0-9]*", user) is not None


def log_in(user, challenge, response):
    if not is_a_name(user):
        sys.exit("The specified account does not exist. (0xc0000064)")
    key = known_hash(user) + bytes(5)
    expected = b"".join(des(key[i : i + 7], challenge) for i in (0, 7, 14))
    if response != expected:
        print("The attempted logon is invalid. (0xc000006d)")
        sys.exit(1)
    if is_expired(user):
        print("Password expired (0xC0000071)")
        sys.exit(1)
    print("NT_KEY: " + md4(key[:16]).hex().upper())


def change():
    """Why not, or None."""
    asked = {}
    for line in sys.stdin:
        if line.strip() == ".":
            break
        name, _, value = line.strip().partition(": ")
        asked[name] = value
    user = asked["username"]
    if not is_a_name(user):
        return "no such user"
    old = known_hash(user)
    block = openssl("enc", "-rc4", "-K", old.hex(), data=bytes.fromhex(asked["new-nt-password-blob"]))
    length = int.from_bytes(block[512:], "little")
    if len(block) != 516 or length > 512:
        return "the old password is wrong"
    password = block[512 - length : 512].decode("utf-16-le")
    new = nt_hash(password)
    hidden = bytes.fromhex(asked["old-nt-hash-blob"])
    if des(new[:7], hidden[:8], True) + des(new[7:14], hidden[8:], True) != old:
        return "the old hash is wrong"
    if len(password) < 6:
        return "the new password is too short"
    (folder / f"{user}.hash").write_text(new.hex())
    return None


if sys.argv[2] == "--helper-protocol=ntlm-change-password-1":
    error = change()
    if error is None:
        print("Password-Change: Yes")
    else:
        print("Password-Change: No\nPassword-Change-Error: " + error)
    print(".")
else:
    options = dict(option[2:].split("=", 1) for option in sys.argv[2:])
    log_in(options["username"], bytes.fromhex(options["challenge"]), bytes.fromhex(options["nt-response"]))
