;; A guest that catches everything exits in a host of the user's, which knows nothing of exits (host-exit.host.mjs).
;; run: %s --frames wasm --host host-exit.host.mjs
;; end: exit 7
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "run")
    (try (do (call $exit (i32.const 7))) (catch_all))
    (loop $on (br $on))))
