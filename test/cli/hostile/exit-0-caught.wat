;; An exit with 0 inside of a handler is an end like any other, and nothing behind it is counted.
;; run: %s --frames wasm
;; end: ok
;; fuel: 4
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (try (do (call $exit (i32.const 0))) (catch_all))
    (drop (i32.add (i32.const 1) (i32.const 2)))
    unreachable))
