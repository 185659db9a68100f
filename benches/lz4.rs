//! lz4's block format, out of Debian's `liblz4-1`, loaded at run time: packet by packet, with MPPC's 8 KiB of history.

use core::ffi::{c_char, c_int, c_void};
use libloading::Library;
use pptp_mppc::HISTORY_LEN;

const LIBRARY: &str = "liblz4.so.1";
/// The longest packet.
const LONGEST: usize = 2048;

type Create = unsafe extern "C" fn() -> *mut c_void;
type Free = unsafe extern "C" fn(*mut c_void) -> c_int;
type Reset = unsafe extern "C" fn(*mut c_void);
type Save = unsafe extern "C" fn(*mut c_void, *mut c_char, c_int) -> c_int;
type Compress =
    unsafe extern "C" fn(*mut c_void, *const c_char, *mut c_char, c_int, c_int, c_int) -> c_int;
type Decompress =
    unsafe extern "C" fn(*const c_char, *mut c_char, c_int, c_int, *const c_char, c_int) -> c_int;

/// The library.
#[derive(Debug)]
pub struct Lz4 {
    create: Create,
    free: Free,
    reset: Reset,
    save: Save,
    compress: Compress,
    decompress: Decompress,
    /// Keeps it loaded.
    _library: Library,
}

/// The library, or a word on what is missing.
///
/// # Errors
/// A sentence.
pub fn load() -> Result<Lz4, String> {
    let missing = |_| format!("{LIBRARY} is missing (Debian: apt-get install liblz4-1)");
    // SAFETY: its constructors do nothing that could harm, and the types are those of lz4.h.
    unsafe {
        let library = Library::new(LIBRARY).map_err(missing)?;
        Ok(Lz4 {
            create: *library.get(b"LZ4_createStream\0").map_err(missing)?,
            free: *library.get(b"LZ4_freeStream\0").map_err(missing)?,
            reset: *library.get(b"LZ4_resetStream_fast\0").map_err(missing)?,
            save: *library.get(b"LZ4_saveDict\0").map_err(missing)?,
            compress: *library
                .get(b"LZ4_compress_fast_continue\0")
                .map_err(missing)?,
            decompress: *library
                .get(b"LZ4_decompress_safe_usingDict\0")
                .map_err(missing)?,
            _library: library,
        })
    }
}

impl Lz4 {
    /// A new compressor.
    #[must_use]
    pub fn compressor(&self) -> Compressor<'_> {
        // SAFETY: as declared.
        let stream = unsafe { (self.create)() };
        assert!(!stream.is_null(), "no memory");
        Compressor {
            library: self,
            stream,
            buffer: vec![0; HISTORY_LEN + LONGEST],
            kept: 0,
        }
    }

    /// A new decompressor.
    #[must_use]
    pub fn decompressor(&self) -> Decompressor<'_> {
        Decompressor {
            library: self,
            buffer: vec![0; 8 * HISTORY_LEN],
            end: 0,
        }
    }
}

/// One direction, sending.
#[derive(Debug)]
pub struct Compressor<'l> {
    library: &'l Lz4,
    stream: *mut c_void,
    /// The history, and the packet behind it.
    buffer: Vec<u8>,
    kept: usize,
}

impl Compressor<'_> {
    /// Compresses a packet, and gives the length.
    pub fn compress(&mut self, packet: &[u8], out: &mut [u8]) -> usize {
        let place = &mut self.buffer[self.kept..][..packet.len()];
        place.copy_from_slice(packet);
        // SAFETY: a live stream; what it refers to is in the buffer, right before the packet, and so many octets fit
        // into `out`.
        unsafe {
            let len = (self.library.compress)(
                self.stream,
                place.as_ptr().cast(),
                out.as_mut_ptr().cast(),
                int(packet.len()),
                int(out.len()),
                1,
            );
            assert!(len > 0, "LZ4_compress_fast_continue");
            let buffer = self.buffer.as_mut_ptr().cast();
            let kept = (self.library.save)(self.stream, buffer, int(HISTORY_LEN));
            self.kept = usize::try_from(kept).unwrap_or(0);
            usize::try_from(len).unwrap_or(0)
        }
    }

    /// Forgets the history.
    pub fn flush(&mut self) {
        // SAFETY: a live stream.
        unsafe { (self.library.reset)(self.stream) }
        self.kept = 0;
    }
}

impl Drop for Compressor<'_> {
    fn drop(&mut self) {
        // SAFETY: made by LZ4_createStream, and freed once.
        unsafe { (self.library.free)(self.stream) };
    }
}

/// One direction, receiving.
#[derive(Debug)]
pub struct Decompressor<'l> {
    library: &'l Lz4,
    buffer: Vec<u8>,
    end: usize,
}

impl Decompressor<'_> {
    /// Decompresses a packet.
    pub fn decompress(&mut self, data: &[u8]) -> &[u8] {
        if self.end + LONGEST > self.buffer.len() {
            let history = self.end - HISTORY_LEN..self.end;
            self.buffer.copy_within(history, 0);
            self.end = HISTORY_LEN;
        }
        let history = self.end.min(HISTORY_LEN);
        let (before, after) = self.buffer.split_at_mut(self.end);
        // SAFETY: the history is what is right before the output, and both are as long as is said.
        let len = unsafe {
            (self.library.decompress)(
                data.as_ptr().cast(),
                after.as_mut_ptr().cast(),
                int(data.len()),
                int(LONGEST),
                before[before.len() - history..].as_ptr().cast(),
                int(history),
            )
        };
        let len = usize::try_from(len).expect("LZ4_decompress_safe_usingDict");
        let start = self.end;
        self.end += len;
        &self.buffer[start..self.end]
    }
}

fn int(len: usize) -> c_int {
    c_int::try_from(len).unwrap_or(c_int::MAX)
}
