//! A session of a Windows 7 client with a Windows RRAS server: keys and first packets, in both directions.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

use md4::{Digest, Md4};
use pptp_mppe::{Count, Decryptor, Encryptor, MasterKey, Mode, Side, StartKey, Strength};

const NT_HASH: &str = "39d855ea309489c05a213af753035537";
const NT_RESPONSE: &str = "8cd6161253eac63fa53cfc6f74692fd73b0768ca63d612f0";
const MASTER: &str = "f3c4e5896e1da799567075738bac82c2";
const START_OF_CLIENT: &str = "5feb418becd3d469e35a579c206297d0";
const START_OF_SERVER: &str = "b34084a4b243be1aa89b97ccaf0782e3";

/// From bit D on: what follows the octets 90 00.
const FROM_CLIENT: &str =
    "0e55bc7331b4cb89d6f49a82be2c59345b08192f4a7447d9c2d1a27088607ca1618f7a5fd741127f787c";
const PLAIN_OF_CLIENT: &str =
    "00214600002800000000010258a2c0a82b6fe0000016940400002200f9010000000104000000e00000fc";
const FROM_SERVER: &str = "aa08ca24b704f5036dbc3b8b7943151cf6aed8e8d92763cc9b475b391fb7c143e8157045efb75b2740cf4ea4ee4df5479fa20c5f792c";
const PLAIN_OF_SERVER: &str = "0021450000343a19000074062954cbd02b6fc0a82b6f01bbcc362f7700eddc75271d8012ffff8a240000020405500101040201030308";

fn hex(digits: &str) -> Vec<u8> {
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
        .collect()
}

fn start(digits: &str) -> StartKey {
    StartKey::from_bytes(hex(digits).try_into().unwrap())
}

#[test]
fn keys_follow_from_the_password_hash() {
    let hash_hash: [u8; 16] = Md4::digest(hex(NT_HASH)).into();
    let response = hex(NT_RESPONSE).try_into().unwrap();
    let master = MasterKey::from_ms_chap_v2(&hash_hash, &response);
    assert_eq!(
        master,
        MasterKey::from_bytes(hex(MASTER).try_into().unwrap())
    );
    let (client, server) = (
        master.start_keys(Side::Client),
        master.start_keys(Side::Server),
    );
    assert_eq!(client.send, start(START_OF_CLIENT));
    assert_eq!(client.receive, start(START_OF_SERVER));
    assert_eq!(server.send, start(START_OF_SERVER));
    assert_eq!(server.receive, start(START_OF_CLIENT));
}

#[test]
fn first_packets_of_both_directions() {
    for (key, cipher, plain) in [
        (START_OF_CLIENT, FROM_CLIENT, PLAIN_OF_CLIENT),
        (START_OF_SERVER, FROM_SERVER, PLAIN_OF_SERVER),
    ] {
        let (cipher, plain) = (hex(cipher), hex(plain));
        let mut data = cipher.clone();
        let mut decryptor = Decryptor::new(&start(key), Strength::Bits128, Mode::Stateless);
        let trial = decryptor.decrypt(Count::FIRST, true, &mut data).unwrap();
        assert_eq!(trial.commit(), plain);

        let mut encryptor = Encryptor::new(&start(key), Strength::Bits128, Mode::Stateless);
        let mut out = vec![0; plain.len()];
        let sealed = encryptor
            .encrypt(&plain[..2], &plain[2..], &mut out)
            .unwrap();
        assert_eq!((sealed.count.get(), sealed.flushed), (0, true));
        assert_eq!(out, cipher);
    }
}
