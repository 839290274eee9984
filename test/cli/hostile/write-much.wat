;; Writes its memory, again and again, to a stdout that somebody reads.
;; run: %s --frames wasm
;; end: timeout
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 32)
  (data (i32.const 64) "\00\00\00\00\00\00\20\00")
  (func (export "_start")
    (loop $on (drop (call $write (i32.const 1) (i32.const 64) (i32.const 1) (i32.const 32))) (br $on))))
