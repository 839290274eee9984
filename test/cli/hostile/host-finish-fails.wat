;; The host wants to read what its guest, which was stopped, did not come to (host-finish-fails.host.mjs).
;; run: %s --frames wasm --host host-finish-fails.host.mjs
;; end: timeout
(module
  (memory (export "memory") 1)
  (func (export "run") (loop $on (br $on))))
