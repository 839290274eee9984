;; Runs for ever without a loop and without a stack.
;; run: %s --frames wasm
;; end: timeout
(module
  (memory (export "memory") 1)
  (func $again (return_call $again))
  (func (export "_start") (call $again)))
