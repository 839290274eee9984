;; Catches what stops it at its fuel limit.
;; run: %s --frames wasm --max-fuel 1M
;; end: fuel
(module
  (memory (export "memory") 1)
  (func $endless (loop $on (br $on)))
  (func (export "_start") (try (do (call $endless)) (catch_all))))
