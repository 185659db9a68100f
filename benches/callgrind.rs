//! Words to callgrind from within a program that runs under it; without it, they do nothing.

/// Has it start from nothing.
pub fn zero() {
    request(1);
}

/// Has it write down what it has counted.
pub fn dump() {
    request(0);
}

/// A client request of valgrind's (`valgrind.h`, `callgrind.h`).
#[cfg(target_arch = "x86_64")]
fn request(number: u64) {
    const TOOL: u64 = u64::from_be_bytes([0, 0, 0, 0, b'C', b'T', 0, 0]);
    let arguments = [TOOL + number, 0, 0, 0, 0, 0];
    // SAFETY: the processor turns rdi once around, twice, and has rbx change places with itself; it is valgrind that
    // knows what is meant, and puts an answer into rdx.
    unsafe {
        core::arch::asm!(
            "rol rdi, 3",
            "rol rdi, 13",
            "rol rdi, 61",
            "rol rdi, 51",
            "xchg rbx, rbx",
            in("rax") &raw const arguments,
            inout("rdx") 0_u64 => _,
        );
    }
}

#[cfg(not(target_arch = "x86_64"))]
const fn request(_: u64) {}
