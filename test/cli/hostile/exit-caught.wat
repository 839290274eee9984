;; Exits inside of a handler for everything, and would go on for ever behind it.
;; run: %s --frames wasm
;; end: exit 3
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func $leave (try (do (call $exit (i32.const 3))) (catch_all)))
  (func (export "_start")
    (try (do (call $leave)) (catch_all))
    (loop $on (br $on))))
