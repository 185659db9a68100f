//! OpenSSL's RC4 and SHA-1, from Debian's libcrypto: its assembly, by the functions that cost the least.

use libloading::Library;
use std::fmt;
use std::sync::OnceLock;

/// Where the library may be.
const NAMES: [&str; 3] = ["libcrypto.so.3", "libcrypto.so.1.1", "libcrypto.so"];

/// What is used of libcrypto.
#[derive(Clone, Copy)]
pub struct OpenSsl {
    set_key: unsafe extern "C" fn(*mut Rc4Key, i32, *const u8),
    rc4: unsafe extern "C" fn(*mut Rc4Key, usize, *const u8, *mut u8),
    transform: unsafe extern "C" fn(*mut ShaCtx, *const u8),
}

impl fmt::Debug for OpenSsl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenSsl").finish_non_exhaustive()
    }
}

/// `RC4_KEY`: two indexes and 256 words, with room to spare.
#[derive(Debug, Clone)]
#[repr(C, align(16))]
pub struct Rc4Key([u32; 2 + 256 + 6]);

/// `SHA_CTX`, of which `SHA1_Transform` uses the five words at the start.
#[repr(C, align(16))]
struct ShaCtx([u32; 5 + 2 + 16 + 1 + 8]);

impl OpenSsl {
    /// The library, if there is one; if not, says so.
    #[must_use]
    pub fn load() -> Option<Self> {
        static LIBRARY: OnceLock<Option<Library>> = OnceLock::new();
        let library = LIBRARY.get_or_init(|| {
            // SAFETY: libcrypto's constructors may run at any time.
            NAMES
                .iter()
                .find_map(|name| unsafe { Library::new(*name) }.ok())
        });
        let found = library.as_ref().and_then(|library| {
            // SAFETY: the types are those of openssl/rc4.h and openssl/sha.h, and the library is never unloaded.
            unsafe {
                Some(Self {
                    set_key: *library.get(b"RC4_set_key\0").ok()?,
                    rc4: *library.get(b"RC4\0").ok()?,
                    transform: *library.get(b"SHA1_Transform\0").ok()?,
                })
            }
        });
        if found.is_none() {
            eprintln!("OpenSSL left out: there is no libcrypto with RC4 and SHA1_Transform");
        }
        found
    }

    /// `RC4_set_key`.
    pub fn set_key(&self, key: &mut Rc4Key, octets: &[u8; 16]) {
        // SAFETY: both are as large as the function expects.
        unsafe { (self.set_key)(key, 16, octets.as_ptr()) }
    }

    /// `RC4`, in place.
    pub fn rc4(&self, key: &mut Rc4Key, data: &mut [u8]) {
        let place = data.as_mut_ptr();
        // SAFETY: `data` is as long as is said, and input and output may be the same.
        unsafe { (self.rc4)(key, data.len(), place, place) }
    }

    /// The first 16 octets of the SHA-1 of two blocks that are padded already.
    #[must_use]
    pub fn sha1(&self, blocks: &[[u8; 64]; 2]) -> [u8; 16] {
        let mut context = ShaCtx([0; 32]);
        context.0[..5].copy_from_slice(&[
            0x6745_2301,
            0xefcd_ab89,
            0x98ba_dcfe,
            0x1032_5476,
            0xc3d2_e1f0,
        ]);
        for block in blocks {
            // SAFETY: the context is larger than SHA_CTX, and a block has 64 octets.
            unsafe { (self.transform)(&raw mut context, block.as_ptr()) }
        }
        let mut digest = [0; 16];
        for (octets, word) in digest.chunks_exact_mut(4).zip(context.0) {
            octets.copy_from_slice(&word.to_be_bytes());
        }
        digest
    }
}

impl Default for Rc4Key {
    fn default() -> Self {
        Self([0; 264])
    }
}

/// Stateless MPPE with keys of 128 bits as it would be written over OpenSSL: two key schedules a packet.
#[derive(Debug, Clone)]
pub struct Mppe {
    openssl: OpenSsl,
    blocks: [[u8; 64]; 2],
    cipher: Rc4Key,
}

impl Mppe {
    /// Starts where `pptp_mppe::SessionKey::new` does with the same start key.
    #[must_use]
    pub fn new(openssl: OpenSsl, start: [u8; 16]) -> Self {
        let mut blocks = [[0; 64]; 2];
        blocks[0][..16].copy_from_slice(&start);
        blocks[1][8..48].fill(0xf2);
        blocks[1][48] = 0x80;
        blocks[1][62..].copy_from_slice(&(112_u16 * 8).to_be_bytes());
        let mut mppe = Self {
            openssl,
            blocks,
            cipher: Rc4Key::default(),
        };
        mppe.set_current(start);
        let initial = openssl.sha1(&mppe.blocks);
        mppe.set_current(initial);
        mppe
    }

    /// Encrypts a packet in place.
    pub fn encrypt(&mut self, data: &mut [u8]) {
        let mut key = self.openssl.sha1(&self.blocks);
        self.openssl.set_key(&mut self.cipher, &key);
        self.openssl.rc4(&mut self.cipher, &mut key);
        self.set_current(key);
        self.openssl.set_key(&mut self.cipher, &key);
        self.openssl.rc4(&mut self.cipher, data);
    }

    fn set_current(&mut self, key: [u8; 16]) {
        self.blocks[0][56..].copy_from_slice(&key[..8]);
        self.blocks[1][..8].copy_from_slice(&key[8..]);
    }
}
