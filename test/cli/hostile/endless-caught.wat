;; Catches whatever stops it, and begins anew.
;; run: %s --frames wasm
;; end: timeout
(module
  (memory (export "memory") 1)
  (func $endless (loop $on (br $on)))
  (func (export "_start")
    (loop $again
      (try (do (call $endless)) (catch_all))
      (br $again))))
