;; Catches what stops it, and would end as if all were well.
;; run: %s --frames wasm
;; end: timeout
(module
  (memory (export "memory") 1)
  (func $endless (loop $on (br $on)))
  (func (export "_start") (try (do (call $endless)) (catch_all))))
