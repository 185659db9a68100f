//! Puts `memory.x` where the linker finds it, from whichever folder cargo was started in.

fn main() {
    println!("cargo:rustc-link-search={}", env!("CARGO_MANIFEST_DIR"));
    println!("cargo:rerun-if-changed=memory.x");
}
