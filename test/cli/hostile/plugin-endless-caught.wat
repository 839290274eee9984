;; A dynamic module whose own code catches what stops it.
;; run: %s
;; end: timeout
(module
  (import "javy-prof-plugin-v1" "memory" (memory 0))
  (import "javy-prof-plugin-v1" "cabi_realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
  (func $endless (loop $on (br $on)))
  (func (export "_start")
    (drop (call $realloc (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 64)))
    (loop $again (try (do (call $endless)) (catch_all)) (br $again))))
