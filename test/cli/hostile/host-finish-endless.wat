;; The host calls its guest once more after it was stopped, for ever (host-finish-endless.host.mjs).
;; run: %s --frames wasm --host host-finish-endless.host.mjs
;; end: timeout
(module
  (memory (export "memory") 1)
  (func (export "run") (loop $on (br $on))))
