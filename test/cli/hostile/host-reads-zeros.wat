;; The host reads a stdin without an end inside of a function that its guest calls in a handler (host-reads-zeros.host.mjs).
;; run: %s --frames wasm --host host-reads-zeros.host.mjs
;; stdin: /dev/zero
;; end: timeout
(module
  (import "host" "read" (func $read))
  (memory (export "memory") 1)
  (func (export "run")
    (try (do (call $read)) (catch_all))))
