;; The host catches in JavaScript what stops its guest, and calls it again (host-catches.host.mjs).
;; run: %s --frames wasm --host host-catches.host.mjs
;; end: timeout
(module
  (memory (export "memory") 1)
  (func (export "run") (loop $on (br $on))))
