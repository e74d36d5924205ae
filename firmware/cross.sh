# Sourced by the scripts that build for other machines. `cross TARGET CARGO-ARGUMENTS…` is cargo for TARGET, with its
# core library from rustup if it is installed there, else built from Debian's sources of the standard library: built
# once, copied into a sysroot, and used without any unstable flag.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cross_dir=${CARGO_TARGET_DIR:-$here/../target}/cross
mkdir -p "$cross_dir"
cross_dir=$(cd "$cross_dir" && pwd)

# Whether rustup has TARGET.
has_target() {
    [ -n "$(ls "$(rustc --print sysroot)/lib/rustlib/$1/lib/"libcore-*.rlib 2>/dev/null)" ]
}

# Debian's own toolchain, whatever else comes first.
debian() {
    PATH=/usr/bin:$PATH "$@"
}

# Makes sure that the sysroot has TARGET's core library, of the compiler that is installed now.
core_library() {
    local target=$1 version
    version=$(debian rustc -V)
    local lib=$cross_dir/sysroot/lib/rustlib/$target/lib
    [ "$(cat "$lib/version" 2>/dev/null)" = "$version" ] && return
    # Cargo does not see that a sysroot changes.
    rm -rf "$lib" "$cross_dir/std/$target" "$cross_dir/target/$target"
    mkdir -p "$lib" "$cross_dir/empty/src"
    printf '[workspace]\n[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2024"\n' >"$cross_dir/empty/Cargo.toml"
    # With bitcode, for programs that are optimised as a whole.
    printf '#![no_std]\n' >"$cross_dir/empty/src/lib.rs"
    (cd "$cross_dir/empty" && RUSTC_BOOTSTRAP=1 RUSTFLAGS="-C embed-bitcode=yes" debian cargo build --quiet --release -Z build-std=core \
        --target "$target" --target-dir "$cross_dir/std")
    cp "$cross_dir/std/$target/release/deps/"lib{core,compiler_builtins}-*.rlib "$lib"
    echo "$version" >"$lib/version"
}

cross() {
    local target=$1 command=$2
    shift 2
    if has_target "$target"; then
        cargo "$command" --target "$target" --target-dir "$cross_dir/target" "$@"
    else
        core_library "$target"
        debian cargo "$command" --target "$target" --target-dir "$cross_dir/target" \
            --config "target.$target.rustflags=['--sysroot', '$cross_dir/sysroot']" \
            --config "target.$target.linker='ld.lld'" "$@"
    fi
}
