#!/usr/bin/env bash
# Builds plugin.wasm, positions.wasm, plugin.json and ../NOTICE from registry
# packages, on a Debian 12. One command, no arguments, about two minutes:
#
#   plugin/build.sh
#
# It installs missing Debian packages (as root or through sudo) and otherwise
# writes only to plugin/ and ../NOTICE, and to cargo's and npm's caches;
# everything on the way is in plugin/target. The same versions give the same
# bytes, wherever the checkout and cargo's home are: plugin.json records them.
set -euo pipefail

# ---- Pins. Crates are pinned by Cargo.lock, std's crates by rust-web-src. ----
BINARYEN=132.0.0
WIZER=11.0.3
LLVM=19
TARGET=wasm32-wasip1

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$here/target
# Outside of the checkout: cc splits the sysroot's path at spaces.
sdk=$(mktemp -d)
trap 'rm -rf "$sdk"' EXIT
npm=$out/npm
export LC_ALL=C TZ=UTC
# Whatever the caller's shell says about compilers is not part of the recipe.
unset CC CXX AR CFLAGS CXXFLAGS LDFLAGS RUSTFLAGS RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER CARGO_TARGET_DIR CARGO_BUILD_TARGET

# ---- Debian packages ----
# clang compiles QuickJS, libclang (which it depends on) reads its header for
# the Rust bindings, lld links, llvm has `ar`; rust-web-src is the source of
# std, as Debian has no std built for wasm32-wasip1; patch changes the compiler
# of positions.
packages=(rustc-web cargo-web rust-web-src wasi-libc "clang-$LLVM" "lld-$LLVM" "llvm-$LLVM" patch)
# What a bare system lacks to fetch anything; these do not shape the result.
others=(ca-certificates)
command -v npm >/dev/null || others+=(nodejs npm)
missing=()
for package in "${packages[@]}" "${others[@]}"; do
  [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true) == installed ]] || missing+=("$package")
done
if ((${#missing[@]})); then
  root=()
  ((EUID == 0)) || root=(sudo)
  "${root[@]}" apt-get update
  "${root[@]}" apt-get install -y --no-install-recommends "${missing[@]}"
fi

# By path: a rustup toolchain earlier on PATH has neither this version nor std's
# source where `-Zbuild-std` looks for it.
cargo=/usr/bin/cargo
export RUSTC=/usr/bin/rustc

# A clean start: stale crates of an earlier Cargo.lock would end up in NOTICE.
rm -rf "$out/cargo" "$out/stage"
mkdir -p "$out/stage" "$npm"

# ---- Tools from npm ----
npm install --prefix "$npm" --no-save --no-package-lock --no-audit --no-fund --loglevel=error \
  "binaryen@$BINARYEN" "@bytecodealliance/wizer@$WIZER"
wasm_opt=$npm/node_modules/.bin/wasm-opt
wizer=$npm/node_modules/.bin/wizer

# ---- What the build script of rquickjs-sys takes for a WASI SDK ----
# Without WASI_SDK it would download one. Links to Debian's files are enough.
mkdir -p "$sdk/bin" "$sdk/share/wasi-sysroot/lib" "$sdk/share/wasi-sysroot/include"
ln -s "$(command -v "clang-$LLVM")" "$sdk/bin/clang"
ln -s "$(command -v "llvm-ar-$LLVM")" "$sdk/bin/ar"
ln -s /usr/lib/wasm32-wasi "$sdk/share/wasi-sysroot/lib/$TARGET"
ln -s /usr/include/wasm32-wasi "$sdk/share/wasi-sysroot/include/$TARGET"

# ---- Build ----
cd "$here"
"$cargo" fetch --locked
cargo_home=${CARGO_HOME:-$HOME/.cargo}
flags=(
  # rustc would look for wasi-libc in its own sysroot, where Debian has none.
  # This way nothing has to be put there.
  -Clink-self-contained=no
  -Lnative=/usr/lib/wasm32-wasi
  # Rust's names as one writes them, not mangled.
  -Clink-arg=--demangle
  # notice.mjs reads which parts of libc were linked.
  "-Clink-arg=-Map=$out/stage/map.txt"
  # Panic messages hold source paths: the same on every machine, and none of them ours.
  "--remap-path-prefix=$here=plugin"
  "--remap-path-prefix=$out=build"
  "--remap-path-prefix=/usr/lib/rustlib/src/rust=rust"
)
for registry in "$cargo_home"/registry/src/*/; do
  flags+=("--remap-path-prefix=${registry%/}=crates")
done
# Encoded, because this form wins over cargo's configuration files and allows
# spaces in paths.
CARGO_ENCODED_RUSTFLAGS=$(IFS=$'\x1f'; printf '%s' "${flags[*]}")
export CARGO_ENCODED_RUSTFLAGS
export WASI_SDK=$sdk
export LIBCLANG_PATH=/usr/lib/llvm-$LLVM/lib CLANG_PATH=/usr/bin/clang-$LLVM
export CARGO_TARGET_WASM32_WASIP1_LINKER=wasm-ld-$LLVM
# -Zbuild-std is unstable; the variable lets a stable rustc have it.
RUSTC_BOOTSTRAP=1 "$cargo" build --release --locked --target "$TARGET" --target-dir "$out/cargo" \
  -Zbuild-std=std,panic_abort
deps=$out/cargo/$TARGET/release/deps

# ---- Optimise ----
# -g keeps the names, by which the profiler knows engine functions. The
# features are those the compilers wrote into the module: --all-features would
# emit encodings that neither wizer nor Node knows (compact imports).
# Functions with a single caller get inlined whatever their size; the ones that
# tell the profiler what the engine is doing are spared.
spare=()
for name in JS_ReadFunctionTag JS_ThrowError lre_compile; do
  spare+=("--no-inline=$name")
done
"$wasm_opt" "${spare[@]}" -O3 -g --strip-dwarf --strip-producers \
  "$out/cargo/$TARGET/release/javy_prof_plugin.wasm" -o "$out/stage/optimised.wasm"

# ---- Pre-initialise ----
# The WASI it sees is ours and answers the same every time: see the .wat.
"$wizer" --preload "wasi_snapshot_preview1=$here/tools/init-host.wat" \
  --init-func initialize-runtime --keep-init-func=true \
  "$out/stage/optimised.wasm" -o "$out/stage/plugin.wasm"
install -m 644 "$out/stage/plugin.wasm" "$here/plugin.wasm"

# ---- The compiler of positions, from the same sources of QuickJS ----
engine=$(sed -n '/^name = "rquickjs-sys"$/{n;s/^version = "\(.*\)"$/\1/p}' Cargo.lock)
WASM_OPT=$wasm_opt "$here/positions/build.sh" "$cargo_home"/registry/src/*/"rquickjs-sys-$engine/quickjs" \
  "$out/stage/positions" "$here/positions.wasm"

# ---- Say what it is ----
tools=()
for package in "${packages[@]}"; do
  tools+=("$package=$(dpkg-query -W -f '${Version}' "$package")")
done
node "$here/tools/describe.mjs" write "$deps" "${tools[@]}" "binaryen=$BINARYEN" "wizer=$WIZER"
cat "$out/stage/map.txt" "$out/stage/positions/map.txt" >"$out/stage/maps.txt"
node "$here/tools/notice.mjs" "$deps" "$out/stage/maps.txt" /usr/share/doc/wasi-libc/copyright \
  "$here/../LICENSE" "$here/../NOTICE"
node "$here/tools/describe.mjs" check
