;; Recursion without an end: a tree as deep as the stack.
;; run: %s --frames wasm
;; end: trap
;; message: call stack exhausted
(module
  (memory (export "memory") 1)
  (func $down (call $down))
  (func (export "_start") (call $down)))
