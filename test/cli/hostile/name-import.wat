;; Imports the profiler's own function, which a host of the user's does not give it.
;; run: %s --frames wasm --host name-import.host.mjs
;; refused: imports from "javy_prof"
(module
  (import "javy_prof" "tick" (func $tick))
  (memory (export "memory") 1)
  (func (export "run") (call $tick)))
