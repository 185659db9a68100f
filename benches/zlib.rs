//! zlib at level 1, out of Debian's `zlib1g`, loaded at run time: packet by packet as RFC 1979 has it, with MPPC's 8 KiB
//! of history.

use core::ffi::{c_char, c_int, c_uint, c_ulong, c_void};
use core::{fmt, ptr};
use libloading::Library;

const LIBRARY: &str = "libz.so.1";
/// The longest packet.
const LONGEST: usize = 2048;
/// 8 KiB of history, and no header.
const WINDOW_BITS: c_int = -13;
const LEVEL: c_int = 1;
const DEFLATED: c_int = 8;
const MEM_LEVEL: c_int = 8;
const SYNC_FLUSH: c_int = 2;
/// What ends a packet and is left out (RFC 1979 §2.1).
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

/// `z_stream`.
#[repr(C)]
struct Stream {
    next_in: *const u8,
    avail_in: c_uint,
    total_in: c_ulong,
    next_out: *mut u8,
    avail_out: c_uint,
    total_out: c_ulong,
    msg: *const c_char,
    state: *mut c_void,
    zalloc: *const c_void,
    zfree: *const c_void,
    opaque: *mut c_void,
    data_type: c_int,
    adler: c_ulong,
    reserved: c_ulong,
}

type DeflateInit = unsafe extern "C" fn(
    *mut Stream,
    c_int,
    c_int,
    c_int,
    c_int,
    c_int,
    *const c_char,
    c_int,
) -> c_int;
type InflateInit = unsafe extern "C" fn(*mut Stream, c_int, *const c_char, c_int) -> c_int;
type Run = unsafe extern "C" fn(*mut Stream, c_int) -> c_int;
type Act = unsafe extern "C" fn(*mut Stream) -> c_int;

/// The library.
pub struct Zlib {
    deflate_init: DeflateInit,
    deflate: Run,
    deflate_reset: Act,
    deflate_end: Act,
    inflate_init: InflateInit,
    inflate: Run,
    inflate_end: Act,
    /// Keeps it loaded.
    _library: Library,
}

impl fmt::Debug for Zlib {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Zlib").finish_non_exhaustive()
    }
}

/// The library, or a word on what is missing.
///
/// # Errors
/// A sentence.
pub fn load() -> Result<Zlib, String> {
    let missing = |_| format!("{LIBRARY} is missing (Debian: apt-get install zlib1g)");
    // SAFETY: its constructors do nothing that could harm, and the types are those of zlib.h.
    unsafe {
        let library = Library::new(LIBRARY).map_err(missing)?;
        Ok(Zlib {
            deflate_init: *library.get(b"deflateInit2_\0").map_err(missing)?,
            deflate: *library.get(b"deflate\0").map_err(missing)?,
            deflate_reset: *library.get(b"deflateReset\0").map_err(missing)?,
            deflate_end: *library.get(b"deflateEnd\0").map_err(missing)?,
            inflate_init: *library.get(b"inflateInit2_\0").map_err(missing)?,
            inflate: *library.get(b"inflate\0").map_err(missing)?,
            inflate_end: *library.get(b"inflateEnd\0").map_err(missing)?,
            _library: library,
        })
    }
}

impl Zlib {
    /// A new compressor.
    #[must_use]
    pub fn compressor(&self) -> Compressor<'_> {
        let mut stream = stream();
        // SAFETY: the size and version tell zlib what `stream` is.
        let result = unsafe {
            (self.deflate_init)(
                &raw mut *stream,
                LEVEL,
                DEFLATED,
                WINDOW_BITS,
                MEM_LEVEL,
                0,
                c"1".as_ptr(),
                size(),
            )
        };
        assert_eq!(result, 0, "deflateInit2");
        Compressor {
            library: self,
            stream,
        }
    }

    /// A new decompressor.
    #[must_use]
    pub fn decompressor(&self) -> Decompressor<'_> {
        let mut stream = stream();
        // SAFETY: as above.
        let result =
            unsafe { (self.inflate_init)(&raw mut *stream, WINDOW_BITS, c"1".as_ptr(), size()) };
        assert_eq!(result, 0, "inflateInit2");
        Decompressor {
            library: self,
            stream,
            out: vec![0; LONGEST],
        }
    }
}

/// At a place of its own: zlib remembers where it is.
fn stream() -> Box<Stream> {
    Box::new(Stream {
        next_in: ptr::null(),
        avail_in: 0,
        total_in: 0,
        next_out: ptr::null_mut(),
        avail_out: 0,
        total_out: 0,
        msg: ptr::null(),
        state: ptr::null_mut(),
        zalloc: ptr::null(),
        zfree: ptr::null(),
        opaque: ptr::null_mut(),
        data_type: 0,
        adler: 0,
        reserved: 0,
    })
}

fn size() -> c_int {
    c_int::try_from(size_of::<Stream>()).unwrap_or(0)
}

fn uint(len: usize) -> c_uint {
    c_uint::try_from(len).unwrap_or(0)
}

/// One direction, sending.
pub struct Compressor<'l> {
    library: &'l Zlib,
    stream: Box<Stream>,
}

impl Compressor<'_> {
    /// Compresses a packet, and gives the length.
    pub fn compress(&mut self, packet: &[u8], out: &mut [u8]) -> usize {
        self.stream.next_in = packet.as_ptr();
        self.stream.avail_in = uint(packet.len());
        self.stream.next_out = out.as_mut_ptr();
        self.stream.avail_out = uint(out.len());
        // SAFETY: a live stream, with pointers and lengths of slices.
        let result = unsafe { (self.library.deflate)(&raw mut *self.stream, SYNC_FLUSH) };
        assert_eq!((result, self.stream.avail_in), (0, 0), "deflate");
        let left = usize::try_from(self.stream.avail_out).unwrap_or(0);
        out.len() - left - TAIL.len()
    }

    /// Forgets the history.
    pub fn flush(&mut self) {
        // SAFETY: a live stream.
        unsafe { (self.library.deflate_reset)(&raw mut *self.stream) };
    }
}

impl Drop for Compressor<'_> {
    fn drop(&mut self) {
        // SAFETY: a live stream, ended once.
        unsafe { (self.library.deflate_end)(&raw mut *self.stream) };
    }
}

/// One direction, receiving.
pub struct Decompressor<'l> {
    library: &'l Zlib,
    stream: Box<Stream>,
    out: Vec<u8>,
}

impl Decompressor<'_> {
    /// Decompresses a packet.
    pub fn decompress(&mut self, data: &[u8]) -> &[u8] {
        self.stream.next_out = self.out.as_mut_ptr();
        self.stream.avail_out = uint(self.out.len());
        for part in [data, &TAIL] {
            self.stream.next_in = part.as_ptr();
            self.stream.avail_in = uint(part.len());
            // SAFETY: a live stream, with pointers and lengths of slices.
            let result = unsafe { (self.library.inflate)(&raw mut *self.stream, SYNC_FLUSH) };
            assert_eq!(result, 0, "inflate");
        }
        let left = usize::try_from(self.stream.avail_out).unwrap_or(0);
        &self.out[..LONGEST - left]
    }
}

impl Drop for Decompressor<'_> {
    fn drop(&mut self) {
        // SAFETY: a live stream, ended once.
        unsafe { (self.library.inflate_end)(&raw mut *self.stream) };
    }
}
