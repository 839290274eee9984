;; Exports what would be called unasked before its entry.
;; run: %s --frames wasm
;; refused: exports "javy_prof.start"
(module
  (memory (export "memory") 1)
  (func (export "javy_prof.start") unreachable)
  (func (export "_start")))
