;; Writes 500 million buffers that hold nothing.
;; run: %s --frames wasm
;; end: timeout
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 65536)
  (func (export "_start")
    (loop $on (drop (call $write (i32.const 1) (i32.const 64) (i32.const 500000000) (i32.const 32))) (br $on))))
