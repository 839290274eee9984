;; A dynamic module whose own code exits inside of a handler; the plugin beside it has JavaScript to run.
;; run: %s
;; end: exit 5
(module
  (import "javy-prof-plugin-v1" "memory" (memory 0))
  (import "javy-prof-plugin-v1" "cabi_realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (func (export "_start")
    (drop (call $realloc (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 64)))
    (try (do (call $exit (i32.const 5))) (catch_all))
    (loop $on (br $on))))
