/** A module that does a little of everything that monitors look at. */
import { assemble } from "./binaryen.ts";

/** Writes "done\n" to stdout after it has counted, called through a table, grown memory and asked for the time. */
export const countingProgram = assemble(`(module
  (type $unary (func (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1 2)
  (data (i32.const 0) "\\10\\00\\00\\00\\05\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00done\\0a")
  (table 3 funcref) (elem (i32.const 1) $square $twice)
  (global $sum (mut i32) (i32.const 0))
  (func $square (param $n i32) (result i32) (i32.mul (local.get $n) (local.get $n)))
  (func $twice (param $n i32) (result i32) (i32.shl (local.get $n) (i32.const 1)))
  (func $pick (param $n i32) (result i32)
    (block $b (block $a (br_table $a $b $a (local.get $n))) (return (i32.const 1)))
    (i32.const 2))
  (func $work (param $n i32)
    (loop $next
      (global.set $sum (i32.add (global.get $sum)
        (call_indirect (type $unary) (local.get $n) (call $pick (i32.and (local.get $n) (i32.const 3))))))
      (i32.store offset=4096 (i32.mul (local.get $n) (i32.const 64)) (global.get $sum))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "_start")
    (call $work (i32.const 10))
    (drop (memory.grow (i32.const 1)))
    (drop (memory.grow (i32.const 1)))
    (drop (call $clock (i32.const 1) (i64.const 0) (i32.const 104)))
    (if (i32.gt_u (global.get $sum) (i32.const 3)) (then (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))))
  (func (export "trap") (call $work (i32.const 2)) (unreachable))
  (func (export "leave") (call $work (i32.const 2)) (call $proc_exit (i32.const 3))))`).bytes;
