//! FreeRDP's MPPC, out of Debian's `libfreerdp2-2`, loaded at run time.

use core::ffi::{c_int, c_void};
use core::ptr;
use libloading::{Library, Symbol};

const LIBRARY: &str = "libfreerdp2.so.2";
/// RDP's name of RFC 2118's format, the one with 8 KiB of history.
const LEVEL_8K: u32 = 0;

/// Bits of RDP's header, which are those of RFC 2118 §3.1.
pub const COMPRESSED: u32 = 0x20;
/// See [`COMPRESSED`].
pub const AT_FRONT: u32 = 0x40;
/// See [`COMPRESSED`].
pub const FLUSHED: u32 = 0x80;

type New = unsafe extern "C" fn(u32, c_int) -> *mut c_void;
type Free = unsafe extern "C" fn(*mut c_void);
type Reset = unsafe extern "C" fn(*mut c_void, c_int);
type Compress =
    unsafe extern "C" fn(*mut c_void, *const u8, u32, *mut *mut u8, *mut u32, *mut u32) -> c_int;
type Decompress =
    unsafe extern "C" fn(*mut c_void, *const u8, u32, *mut *mut u8, *mut u32, u32) -> c_int;

/// The library.
#[derive(Debug)]
pub struct FreeRdp {
    library: Library,
}

/// The library, or a word on what is missing.
///
/// # Errors
/// A sentence.
pub fn load() -> Result<FreeRdp, String> {
    // SAFETY: the library's constructors do nothing that could harm.
    match unsafe { Library::new(LIBRARY) } {
        Ok(library) => Ok(FreeRdp { library }),
        Err(_) => Err(format!(
            "{LIBRARY} is missing (Debian: apt-get install libfreerdp2-2)"
        )),
    }
}

impl FreeRdp {
    fn get<T: Copy>(&self, name: &str) -> T {
        // SAFETY: the types above are those of freerdp/codec/mppc.h.
        let symbol: Symbol<'_, T> = unsafe { self.library.get(name.as_bytes()) }
            .unwrap_or_else(|_| panic!("{LIBRARY} has no {name}"));
        *symbol
    }

    fn context(&self, compressor: bool) -> Context {
        let new: New = self.get("mppc_context_new");
        // SAFETY: as declared.
        let context = unsafe { new(LEVEL_8K, compressor.into()) };
        assert!(!context.is_null(), "no memory");
        Context {
            context,
            free: self.get("mppc_context_free"),
        }
    }

    /// A new compressor.
    #[must_use]
    pub fn compressor(&self) -> Compressor<'_> {
        Compressor {
            context: self.context(true),
            compress: self.get("mppc_compress"),
            reset: self.get("mppc_context_reset"),
            library: self,
        }
    }

    /// A new decompressor.
    #[must_use]
    pub fn decompressor(&self) -> Decompressor<'_> {
        Decompressor {
            context: self.context(false),
            decompress: self.get("mppc_decompress"),
            library: self,
        }
    }
}

struct Context {
    context: *mut c_void,
    free: Free,
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: made by mppc_context_new, and freed once.
        unsafe { (self.free)(self.context) }
    }
}

/// `mppc_compress`.
pub struct Compressor<'l> {
    context: Context,
    compress: Compress,
    reset: Reset,
    /// Keeps it loaded.
    #[allow(dead_code)]
    library: &'l FreeRdp,
}

impl Compressor<'_> {
    /// Compresses `packet` into `out`; gives the flags of RDP and the length, or `None` where the packet is to be sent
    /// as it is.
    pub fn compress(&mut self, packet: &[u8], out: &mut [u8]) -> (u32, Option<usize>) {
        let mut to = out.as_mut_ptr();
        let mut len = u32::try_from(out.len()).unwrap_or(u32::MAX);
        let mut flags = 0;
        let packet_len = u32::try_from(packet.len()).unwrap_or(u32::MAX);
        // SAFETY: the pointers and lengths are those of slices; it writes no more than `len`.
        let result = unsafe {
            (self.compress)(
                self.context.context,
                packet.as_ptr(),
                packet_len,
                &mut to,
                &mut len,
                &mut flags,
            )
        };
        assert_eq!(result, 1, "mppc_compress");
        let len = usize::try_from(len).unwrap_or(0);
        (flags, (flags & COMPRESSED != 0).then_some(len))
    }

    /// Flushes the history.
    pub fn flush(&mut self) {
        // SAFETY: a live context.
        unsafe { (self.reset)(self.context.context, 1) }
    }
}

/// `mppc_decompress`.
pub struct Decompressor<'l> {
    context: Context,
    decompress: Decompress,
    /// Keeps it loaded.
    #[allow(dead_code)]
    library: &'l FreeRdp,
}

impl Decompressor<'_> {
    /// Decompresses `data`, by the flags of RDP.
    ///
    /// # Errors
    /// What the function returned.
    pub fn decompress<'a>(&'a mut self, flags: u32, data: &'a [u8]) -> Result<&'a [u8], c_int> {
        let mut from = ptr::null_mut();
        let mut len = 0;
        let data_len = u32::try_from(data.len()).unwrap_or(u32::MAX);
        // SAFETY: the pointer and length are a slice's; what it gives is in its history or in `data`, and both outlive
        // the result.
        unsafe {
            match (self.decompress)(
                self.context.context,
                data.as_ptr(),
                data_len,
                &mut from,
                &mut len,
                flags,
            ) {
                1 => Ok(core::slice::from_raw_parts(
                    from,
                    usize::try_from(len).unwrap_or(0),
                )),
                error => Err(error),
            }
        }
    }
}
