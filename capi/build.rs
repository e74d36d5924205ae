//! The soname: until version 1, a minor version may change the binary interface.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let version = |part: &str| std::env::var(format!("CARGO_PKG_VERSION_{part}")).unwrap_or_default();
    let os = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    if os == "linux" {
        let (major, minor) = (version("MAJOR"), version("MINOR"));
        let interface = if major == "0" { format!("0.{minor}") } else { major };
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libearnest.so.{interface}");
    }
    println!("cargo:rustc-check-cfg=cfg(rtsan)");
}
