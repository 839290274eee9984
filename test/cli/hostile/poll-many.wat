;; Waits for as many clocks as its memory holds: 89 million.
;; run: %s --frames wasm
;; end: timeout
(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 65536)
  (func (export "_start")
    (loop $on (drop (call $poll (i32.const 64) (i32.const 0) (i32.const 89000000) (i32.const 32))) (br $on))))
