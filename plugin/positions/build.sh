#!/usr/bin/env bash
# Builds positions.wasm from the sources of quickjs-ng, changed by
# positions.patch. build.sh in the folder above calls it; alone, it takes what
# that one has: the Debian packages, and binaryen in ../target/npm.
#
#   build.sh <folder of quickjs.c> <folder for what is made on the way> <output>
#
# The same versions give the same bytes, in any folder.
set -euo pipefail
LLVM=19

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
sources=$(cd "$1" && pwd)
mkdir -p "$2"
stage=$(cd "$2" && pwd)
output=$3
wasm_opt=${WASM_OPT:-$here/../target/npm/node_modules/.bin/wasm-opt}

rm -rf "$stage/quickjs"
cp -r "$sources" "$stage/quickjs"
cp "$here/compiler.c" "$stage/quickjs"
cd "$stage/quickjs"
# Fails where the sources are another version's.
patch --quiet --fuzz=0 -p1 <"$here/positions.patch"

flags=(
  --target=wasm32-wasi --sysroot=/usr -isystem /usr/include/wasm32-wasi
  -Oz -ffunction-sections -fdata-sections -w
  # As rquickjs-sys builds the embedded engine.
  -D_GNU_SOURCE -DNDEBUG -DEMSCRIPTEN=1 -DFE_DOWNWARD=0 -DFE_UPWARD=0
)
objects=()
for name in quickjs libregexp libunicode dtoa compiler; do
  "clang-$LLVM" "${flags[@]}" -c "$name.c" -o "$name.o"
  objects+=("$name.o")
done
# A stack that is deep enough for what the embedded engine's compiler takes. No
# message with a fraction is ever printed.
"wasm-ld-$LLVM" --no-entry --gc-sections --stack-first -z stack-size=4194304 \
  -L/usr/lib/wasm32-wasi "${objects[@]}" -lc-printscan-no-floating-point -lc \
  "-Map=$stage/map.txt" -o positions.wasm
"$wasm_opt" -Oz --strip-debug --strip-producers positions.wasm -o "$stage/positions.wasm"
install -m 644 "$stage/positions.wasm" "$output"
