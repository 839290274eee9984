;; Wants 4 GiB of random numbers, again and again.
;; run: %s --frames wasm
;; end: timeout
(module
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (memory (export "memory") 65536)
  (func (export "_start")
    (loop $on (drop (call $random (i32.const 0) (i32.const -1))) (br $on))))
