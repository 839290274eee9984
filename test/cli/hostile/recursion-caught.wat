;; An exhausted stack is no exception: no handler of any of its frames catches it.
;; run: %s --frames wasm
;; end: trap
;; message: call stack exhausted
(module
  (memory (export "memory") 1)
  (func $down (try (do (call $down)) (catch_all)))
  (func (export "_start") (call $down) (loop $on (br $on))))
