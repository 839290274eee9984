;; Gives WASI an address outside of its memory, inside of a handler.
;; run: %s --frames wasm
;; end: trap
;; message: out of bounds memory access in random_get
(module
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (try (do (drop (call $random (i32.const 0) (i32.const -1)))) (catch_all))
    (loop $on (br $on))))
