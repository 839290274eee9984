;; An exception of its own that nothing catches.
;; run: %s --frames wasm
;; end: trap
;; message: an exception that nothing caught
;; comparable: true
(module
  (tag $e (param i32))
  (memory (export "memory") 1)
  (func (export "_start") (throw $e (i32.const 1))))
