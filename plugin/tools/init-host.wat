;; The WASI that wizer sees while it pre-initialises the plugin.
;;
;; Initialising asks for the time (QuickJS' random state, and the name of
;; Javy's `__javy_N_json_parse`) and for random bytes (keys of Rust's hash
;; maps), and the answers stay in the snapshot. Real ones would make another
;; file of every build, so these two say "done" and write nothing: the plugin
;; reads what its own memory held, which is always the same. `Math.random` is
;; not affected: Javy seeds it at its first call, when the program runs.
;; Anything else must not be called, and traps to say so.
(module
  (func (export "clock_time_get") (param i32 i64 i32) (result i32) i32.const 0)
  (func (export "random_get") (param i32 i32) (result i32) i32.const 0)
  (func (export "environ_get") (param i32 i32) (result i32) unreachable)
  (func (export "environ_sizes_get") (param i32 i32) (result i32) unreachable)
  (func (export "fd_close") (param i32) (result i32) unreachable)
  (func (export "fd_fdstat_get") (param i32 i32) (result i32) unreachable)
  (func (export "fd_read") (param i32 i32 i32 i32) (result i32) unreachable)
  (func (export "fd_seek") (param i32 i64 i32 i32) (result i32) unreachable)
  (func (export "fd_write") (param i32 i32 i32 i32) (result i32) unreachable)
  (func (export "proc_exit") (param i32) unreachable))
