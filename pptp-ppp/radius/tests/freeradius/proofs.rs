//! What a peer computes: of MS-CHAPv1 and of changes of password from the RFCs anew, of MS-CHAPv2 by the library.

use des::Des;
use des::cipher::{BlockCipherEncrypt as _, KeyInit as _};
use md4::{Digest as _, Md4};
use pptp_mppe::rc4::Rc4;
use pptp_mppe::{Side, StartKeys};
use pptp_ppp::mschap::{Exchange, NtHash, master_key};
use pptp_radius::{MsChap2Cpw, MsChap2Response, MsChapResponse};
use sha1::Sha1;

/// The key of DES in seven octets (RFC 2433 A.9), without parity, which DES does not look at.
fn des(key: &[u8], block: &[u8]) -> [u8; 8] {
    let bits = key
        .iter()
        .fold(0_u64, |bits, octet| bits << 8 | u64::from(*octet));
    let key: [u8; 8] = std::array::from_fn(|at| (bits >> (49 - 7 * at) << 1).to_le_bytes()[0]);
    let mut block = <[u8; 8]>::try_from(block).unwrap().into();
    Des::new(&key.into()).encrypt_block(&mut block);
    block.into()
}

pub(crate) fn md4(octets: &[u8]) -> [u8; 16] {
    Md4::digest(octets).into()
}

pub(crate) fn nt_hash(password: &str) -> [u8; 16] {
    let utf16: Vec<u8> = password.encode_utf16().flat_map(u16::to_le_bytes).collect();
    md4(&utf16)
}

/// RFC 2433 A.3.
pub(crate) fn lm_hash(password: &str) -> [u8; 16] {
    let mut text = password.to_ascii_uppercase().into_bytes();
    text.resize(14, 0);
    let half = |half: &[u8]| des(half, b"KGS!@#$%");
    [half(&text[..7]), half(&text[7..])]
        .concat()
        .try_into()
        .unwrap()
}

/// RFC 2433 A.5.
fn challenge_response(challenge: &[u8; 8], hash: &[u8; 16]) -> [u8; 24] {
    let key = [&hash[..], &[0; 5]].concat();
    let thirds = key.chunks(7).map(|key| des(key, challenge));
    thirds.collect::<Vec<_>>().concat().try_into().unwrap()
}

pub(crate) fn version_1(password: &str, challenge: &[u8; 8], use_nt: bool) -> MsChapResponse {
    let response = |hash| challenge_response(challenge, &hash);
    MsChapResponse {
        identifier: 3,
        use_nt,
        lm_response: if use_nt {
            [0; 24]
        } else {
            response(lm_hash(password))
        },
        nt_response: if use_nt {
            response(nt_hash(password))
        } else {
            [0; 24]
        },
    }
}

/// What both sides know after MS-CHAPv2.
pub(crate) struct Version2 {
    pub(crate) response: MsChap2Response,
    pub(crate) proof: [u8; 20],
    /// As the server has them.
    pub(crate) keys: StartKeys,
}

pub(crate) fn version_2(user: &str, password: &str, challenge: &[u8; 16]) -> Version2 {
    let hash = NtHash::from_password(password);
    let peer_challenge = [0x5a; 16];
    let exchange = Exchange {
        authenticator_challenge: challenge,
        peer_challenge: &peer_challenge,
        user_name: user.as_bytes(),
    };
    let nt_response = exchange.nt_response(&hash);
    Version2 {
        response: MsChap2Response {
            identifier: 3,
            peer_challenge,
            nt_response,
        },
        proof: exchange.authenticator_response(&hash, &nt_response),
        keys: master_key(&hash, &nt_response).start_keys(Side::Server),
    }
}

/// What a server encrypts and decrypts with (RFC 3079 §3.3, §3.4).
pub(crate) fn server_keys(password: &str, nt_response: &[u8; 24]) -> [[u8; 16]; 2] {
    let first = |parts: &[&[u8]]| -> [u8; 16] {
        let digest = Sha1::digest(parts.concat());
        digest[..16].try_into().unwrap()
    };
    let hash_hash = md4(&nt_hash(password));
    let master = first(&[&hash_hash, nt_response, b"This is the MPPE Master Key"]);
    let from_server: &[u8] =
        b"On the client side, this is the receive key; on the server side, it is the send key.";
    let from_client: &[u8] =
        b"On the client side, this is the send key; on the server side, it is the receive key.";
    [from_server, from_client].map(|magic| first(&[&master, &[0; 40], magic, &[0xf2; 40]]))
}

/// RFC 2759 §8.9 and §8.12; the proof is by the new password.
pub(crate) fn change(
    user: &str,
    old: &str,
    new: &str,
    challenge: &[u8; 16],
) -> (MsChap2Cpw, [u8; 516], Version2) {
    let (old_hash, new_hash) = (nt_hash(old), nt_hash(new));
    let text: Vec<u8> = new.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut block = [0x77; 516];
    block[512 - text.len()..512].copy_from_slice(&text);
    block[512..].copy_from_slice(&u32::try_from(text.len()).unwrap().to_le_bytes());
    Rc4::new(&old_hash).apply_keystream(&mut block);
    let halves = [
        des(&new_hash[..7], &old_hash[..8]),
        des(&new_hash[7..14], &old_hash[8..]),
    ];
    let after = version_2(user, new, challenge);
    let change = MsChap2Cpw {
        identifier: 4,
        encrypted_hash: halves.concat().try_into().unwrap(),
        peer_challenge: after.response.peer_challenge,
        nt_response: after.response.nt_response,
    };
    (change, block, after)
}

/// The vectors of RFC 2759 §9.2 and of RFC 3079 §2.5, so that a mistake here is not taken for one of the server's.
#[test]
fn they_are_those_of_the_rfcs() {
    let hex = |number: u128| number.to_be_bytes();
    assert_eq!(
        nt_hash("clientPass"),
        hex(0x44ebba8d5312b8d611474411f56989ae)
    );
    assert_eq!(
        lm_hash("clientPass"),
        hex(0x76a152936096d7830e2390227404afd2)
    );
    // RFC 3079 §3.5.3 has the key of what the server sends.
    let nt_response = [
        0x82, 0x30, 0x9e, 0xcd, 0x8d, 0x70, 0x8b, 0x5e, 0xa0, 0x8f, 0xaa, 0x39, 0x81, 0xcd, 0x83,
        0x54, 0x42, 0x33, 0x11, 0x4a, 0x3d, 0x85, 0xd6, 0xdf,
    ];
    assert_eq!(
        server_keys("clientPass", &nt_response)[0],
        hex(0x8b7cdc149b993a1ba118cb153f56dccb)
    );
    let challenge = 0x102db5df085d3041_u64.to_be_bytes();
    let response = challenge_response(&challenge, &nt_hash("MyPw"));
    assert_eq!(response[..8], 0x4e9d3c8f9cfd385d_u64.to_be_bytes());
}
