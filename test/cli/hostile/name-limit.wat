;; Exports what would be taken for the profiler's own limit.
;; run: %s --frames wasm
;; refused: exports "javy_prof.limit"
(module
  (memory (export "memory") 1)
  (func (export "javy_prof.limit"))
  (func (export "_start")))
