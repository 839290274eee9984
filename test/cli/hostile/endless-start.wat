;; Runs for ever before its entry is called.
;; run: %s --frames wasm
;; end: timeout
(module
  (memory (export "memory") 1)
  (func $start (loop $on (br $on)))
  (start $start)
  (func (export "_start")))
