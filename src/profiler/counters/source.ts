/**
 * The collector, in WebAssembly text: it keeps the charging rule (ARCHITECTURE.md, "Charging") with a few
 * instructions a dispatch, in memory of its own. scripts/build.js assembles, optimises and validates it with binaryen.
 *
 * One mark moves over the fuel counter; what lies between two marks is charged once, to the slot `cur`.
 * The globals are those of the innermost *started* activation; `length` is 0 while a pending one is on top,
 * so that the one comparison at a dispatch tells both "not started" and "pc outside the function". It is 0 as well in
 * the two kinds of started functions whose dispatches are looked up ($lookedUp): those whose opcodes share slots, and the
 * rest, for which `base` is 0.
 */
import {
  Activation,
  BuiltinEntry,
  bucketCount,
  CodeEntry,
  Event,
  EventChunk,
  Fixed,
  Fn,
  FnFlag,
  firstStackBytes,
  Node,
  nativeLength,
  Shared,
  Slot,
  SlotMap,
  State,
  slotShift,
  Unwound,
  ValueTable,
} from "./layout.ts";

/** Of $job. */
const Job = { none: 0, begun: 1, owned: 2 } as const;

const eventChunkBytes = EventChunk.entries + EventChunk.capacity * Event.size;

export const collectorSource = `
(module
  ;; (pc, funcObj) -> fn * 2^32 + address of its code. Called when a first pc is new, or code was made since.
  (import "host" "resolve" (func $resolve (param i32 i64) (result i64)))
  ;; An activation of a function that can suspend has ended: (fn, funcObj, own fuel, offset of its last opcode,
  ;; resumed) -> own fuel of the whole invocation, or -1 where it is only suspended.
  (import "host" "invocation" (func $invocation (param i32 i64 i64 i32 i32) (result i64)))
  ;; (key, magic) -> fn. A builtin is called for the first time (BuiltinEntry).
  (import "host" "builtin" (func $nameBuiltin (param i32 i32) (result i32)))
  ;; A dispatch outside the code of the activation's function: the host throws.
  (import "host" "foreign" (func $foreign (param i32)))
  ;; The limit was passed (see $limit).
  (import "host" "passed" (func $passed))

  (memory (export "memory") 4)

  (global $mark (mut i64) (i64.const 0))
  (global $cur (mut i32) (i32.const ${Fixed.startup}))
  (global $base (mut i32) (i32.const 0))
  (global $code (mut i32) (i32.const 0))
  (global $length (mut i32) (i32.const 0))
  (global $state (mut i32) (i32.const ${State.pending}))
  (global $node (mut i32) (i32.const ${Fixed.root}))
  ;; Fuel at which the present stretch of $node's own work began, and the own fuel of the frame before it.
  (global $segment (mut i64) (i64.const 0))
  (global $self (mut i64) (i64.const 0))
  ;; Fuel of the native frames that ended in the frame: they are part of what a JavaScript function costs itself.
  (global $inner (mut i64) (i64.const 0))

  ;; Fuel when the last started activation ended.
  (global $left (mut i64) (i64.const -1))

  (global $stack (mut i32) (i32.const 0))
  (global $sp (mut i32) (i32.const 0))
  (global $stackEnd (mut i32) (i32.const 0))
  (global $depth (mut i32) (i32.const 0))
  (global $maxDepth (export "maxDepth") (mut i32) (i32.const 0))

  (global $generation (mut i32) (i32.const 1))
  (global $free (mut i32) (i32.const ${Fixed.end}))
  (global $lastNode (mut i32) (i32.const ${Fixed.root}))
  (global $nodes (export "nodes") (mut i32) (i32.const 1))

  ;; Records of the native functions, by their index.
  (global $natives (mut i32) (i32.const 0))
  ;; Addresses of what tells those apart that are one function (Shared), by number; the host's.
  (global $shared (export "shared") (mut i32) (i32.const 0))

  ;; A job of the queue that began outside of JavaScript: none, it has run no JavaScript yet, or it has. All of it is
  ;; the work of the first function that it runs, whose frame stays open until the job ends.
  (global $job (mut i32) (i32.const ${Job.none}))
  ;; Jobs inside of one another, the fuel when the outermost began, and the slot that was charged before it.
  (global $jobsOpen (mut i32) (i32.const 0))
  (global $jobStart (mut i64) (i64.const 0))
  (global $outside (mut i32) (i32.const 0))
  ;; Frames for native functions are entered outside of JavaScript, too: a job is among them, and no frame stays open.
  ;; Then only the slots are the function's.
  (global $framesOutside (mut i32) (i32.const 0))
  ;; The activation of that function has ended, and the job not; what its end will be asked for.
  (global $lingers (mut i32) (i32.const 0))
  (global $lingeringObj (mut i64) (i64.const 0))
  (global $lingeringResumed (mut i32) (i32.const 0))

  ;; Map of the builtins that were called (BuiltinEntry).
  (global $builtins (mut i32) (i32.const 0))
  (global $builtinMask (mut i32) (i32.const 255))
  (global $builtinCount (mut i32) (i32.const 0))

  ;; Hash table of child nodes (addresses), and the map from first pcs to functions.
  (global $children (mut i32) (i32.const 0))
  (global $childMask (mut i32) (i32.const 0))
  (global $childCount (mut i32) (i32.const 0))
  (global $codes (mut i32) (i32.const 0))
  (global $codeMask (mut i32) (i32.const 0))
  (global $codeCount (mut i32) (i32.const 0))

  (global $firstChunk (export "events") (mut i32) (i32.const 0))
  (global $chunk (mut i32) (i32.const 0))
  (global $eventsLeft (mut i64) (i64.const 0))
  (global $truncated (export "truncated") (mut i32) (i32.const 0))

  ;; Fuel of which the host is told, once, when more of it is used: before the hook that hears of it changes anything,
  ;; so that what it finds is where the unit was spent.
  (global $limit (export "limit") (mut i64) (i64.const 0x7fffffffffffffff))

  ;; How many more nodes there may be, and the node of all paths past that; 0 before the first.
  (global $nodesLeft (mut i32) (i32.const 0))
  (global $further (mut i32) (i32.const 0))

  ;; Zeroed memory of $bytes, 8-aligned. Nothing is ever freed but what a doubled table leaves behind.
  (func $allocate (export "allocate") (param $bytes i32) (result i32)
    (local $at i32) (local $end i32) (local $have i32)
    (local.set $at (global.get $free))
    (local.set $end (i32.add (local.get $at) (i32.and (i32.add (local.get $bytes) (i32.const 7)) (i32.const -8))))
    (if (i32.lt_u (local.get $end) (local.get $at)) (then (unreachable)))
    (local.set $have (i32.shl (memory.size) (i32.const 16)))
    (if (i32.gt_u (local.get $end) (local.get $have))
      (then
        ;; An eighth more than there is, and a megabyte at least: V8 may collect its garbage whenever a memory grows, and
        ;; walks the guest's whole stack for it.
        (if (i32.eq (i32.const -1) (memory.grow
              (i32.add
                (i32.add (i32.const 16) (i32.shr_u (memory.size) (i32.const 3)))
                (i32.shr_u (i32.sub (local.get $end) (local.get $have)) (i32.const 16)))))
          (then (unreachable)))))
    (global.set $free (local.get $end))
    (local.get $at))

  ;; Native functions get the first ids, and their records lie one behind the other (enterNative counts on it).
  (func (export "start") (param $events i64) (param $fuel i64) (param $natives i32) (param $mostNodes i32)
    (global.set $nodesLeft (local.get $mostNodes))
    (global.set $stack (call $allocate (i32.const ${firstStackBytes})))
    (global.set $sp (global.get $stack))
    (global.set $stackEnd (i32.add (global.get $stack) (i32.const ${firstStackBytes})))
    (global.set $children (call $allocate (i32.const 4096)))
    (global.set $childMask (i32.const 1023))
    (global.set $codes (call $allocate (i32.const ${CodeEntry.size * 256})))
    (global.set $codeMask (i32.const 255))
    (global.set $builtins (call $allocate (i32.const ${BuiltinEntry.size * 256})))
    (global.set $framesOutside (i32.ne (local.get $natives) (i32.const 0)))
    (global.set $natives (global.get $free))
    (global.set $free (call $allocate (i32.mul (local.get $natives) (i32.const ${Fn.size}))))
    (global.set $eventsLeft (local.get $events))
    (global.set $mark (local.get $fuel))
    (global.set $segment (local.get $fuel))
    (i32.store offset=${Fixed.startup + Slot.site} (i32.const 0) (i32.const ${Fixed.startup}))
    (i32.store offset=${Fixed.gap + Slot.site} (i32.const 0) (i32.const ${Fixed.gap}))
    (i32.store offset=${Fixed.job + Slot.site} (i32.const 0) (i32.const ${Fixed.gap})))

  ;; A function: slots for its code, flags. The host keeps what its id means.
  (func $function (export "function") (param $id i32) (param $codeLength i32) (param $flags i32) (result i32)
    (local $fn i32)
    (local.set $fn (call $allocate (i32.const ${Fn.size})))
    (i32.store offset=${Fn.id} (local.get $fn) (local.get $id))
    (i32.store offset=${Fn.length} (local.get $fn) (local.get $codeLength))
    (i32.store offset=${Fn.flags} (local.get $fn) (local.get $flags))
    (i32.store offset=${Fn.slots} (local.get $fn) (call $allocate (i32.shl (local.get $codeLength) (i32.const ${slotShift}))))
    (local.get $fn))

  ;; Code was or will be made: what addresses mean may have changed.
  (func (export "generation") (global.set $generation (i32.add (global.get $generation) (i32.const 1))))

  (func $look (param $fuel i64)
    (if (i64.gt_s (local.get $fuel) (global.get $limit))
      (then
        (global.set $limit (i64.const 0x7fffffffffffffff))
        (call $passed))))

  ;; Charges the fuel since the mark to the current slot.
  (func $charge (param $fuel i64)
    (i64.store offset=${Slot.fuel} (global.get $cur)
      (i64.add (i64.load offset=${Slot.fuel} (global.get $cur)) (i64.sub (local.get $fuel) (global.get $mark))))
    (global.set $mark (local.get $fuel)))

  ;; Ends the present stretch of the current node's own work.
  (func $endSegment (param $fuel i64)
    (local $d i64)
    (local.set $d (i64.sub (local.get $fuel) (global.get $segment)))
    (i64.store offset=${Node.self} (global.get $node) (i64.add (i64.load offset=${Node.self} (global.get $node)) (local.get $d)))
    (global.set $self (i64.add (global.get $self) (local.get $d)))
    (global.set $segment (local.get $fuel)))

  (func $event (param $node i32) (param $fuel i64)
    (local $chunk i32) (local $count i32)
    (if (i64.eqz (global.get $eventsLeft)) (then (global.set $truncated (i32.const 1)) (return)))
    (global.set $eventsLeft (i64.sub (global.get $eventsLeft) (i64.const 1)))
    (local.set $chunk (global.get $chunk))
    (if (local.get $chunk) (then (local.set $count (i32.load offset=${EventChunk.count} (local.get $chunk)))))
    (if (i32.or (i32.eqz (local.get $chunk)) (i32.eq (local.get $count) (i32.const ${EventChunk.capacity})))
      (then
        (local.set $chunk (call $allocate (i32.const ${eventChunkBytes})))
        (local.set $count (i32.const 0))
        (if (global.get $chunk)
          (then (i32.store offset=${EventChunk.next} (global.get $chunk) (local.get $chunk)))
          (else (global.set $firstChunk (local.get $chunk))))
        (global.set $chunk (local.get $chunk))))
    (i32.store offset=${EventChunk.count} (local.get $chunk) (i32.add (local.get $count) (i32.const 1)))
    (local.set $chunk (i32.add (local.get $chunk) (i32.mul (local.get $count) (i32.const ${Event.size}))))
    (i64.store offset=${EventChunk.entries + Event.fuel} (local.get $chunk) (local.get $fuel))
    (i32.store offset=${EventChunk.entries + Event.node} (local.get $chunk) (local.get $node)))

  ;; A frame of $fn is opened, or closed: what lies between the outermost opening and its closing is its total.
  (func $open (param $fn i32) (param $fuel i64)
    (local $active i32)
    (if (i32.eqz (local.tee $active (i32.load offset=${Fn.active} (local.get $fn))))
      (then (i64.store offset=${Fn.entered} (local.get $fn) (local.get $fuel))))
    (i32.store offset=${Fn.active} (local.get $fn) (i32.add (local.get $active) (i32.const 1))))

  (func $close (param $fn i32) (param $fuel i64)
    (local $active i32)
    (local.set $active (i32.sub (i32.load offset=${Fn.active} (local.get $fn)) (i32.const 1)))
    (i32.store offset=${Fn.active} (local.get $fn) (local.get $active))
    (if (i32.eqz (local.get $active))
      (then (i64.store offset=${Fn.total} (local.get $fn) (i64.add (i64.load offset=${Fn.total} (local.get $fn))
        (i64.sub (local.get $fuel) (i64.load offset=${Fn.entered} (local.get $fn))))))))

  ;; Room for one more activation; the stack moves when it doubles.
  (func $push (result i32)
    (local $top i32) (local $size i32) (local $moved i32)
    (local.set $top (global.get $sp))
    (if (i32.ge_u (local.get $top) (global.get $stackEnd))
      (then
        (local.set $size (i32.sub (global.get $stackEnd) (global.get $stack)))
        (local.set $moved (call $allocate (i32.shl (local.get $size) (i32.const 1))))
        (memory.copy (local.get $moved) (global.get $stack) (local.get $size))
        (global.set $stack (local.get $moved))
        (global.set $stackEnd (i32.add (local.get $moved) (i32.shl (local.get $size) (i32.const 1))))
        (local.set $top (i32.add (local.get $moved) (local.get $size)))))
    (global.set $sp (i32.add (local.get $top) (i32.const ${Activation.size})))
    (local.get $top))

  ;; The interpreter function is entered: an activation is pending.
  (func (export "enter") (param $funcObj i64)
    (local $act i32)
    (local.set $act (call $push))
    (i64.store offset=${Activation.funcObj} (local.get $act) (local.get $funcObj))
    (i32.store offset=${Activation.state} (local.get $act) (global.get $state))
    (i32.store offset=${Activation.length} (local.get $act) (global.get $length))
    (global.set $length (i32.const 0))
    (global.set $state (i32.const ${State.pending})))

  ;; The next opcode at $pc is about to be loaded.
  (func (export "dispatch") (param $pc i32) (param $fuel i64)
    (local $slot i32)
    (call $look (local.get $fuel))
    (if (i32.ge_u (i32.sub (local.get $pc) (global.get $code)) (global.get $length))
      (then (call $first (local.get $pc) (local.get $fuel)) (return)))
    (call $charge (local.get $fuel))
    (global.set $cur (local.tee $slot (i32.add (global.get $base) (i32.shl (local.get $pc) (i32.const ${slotShift})))))
    (i64.store offset=${Slot.hits} (local.get $slot) (i64.add (i64.load offset=${Slot.hits} (local.get $slot)) (i64.const 1))))

  ;; A dispatch of an activation that is not started: it starts, unless it links a module.
  (func $first (param $pc i32) (param $fuel i64)
    (local $act i32) (local $fn i32) (local $code i32) (local $child i32) (local $resolved i64) (local $slot i32) (local $site i32)
    (local $since i64) (local $earlier i64)
    (if (i32.eq (global.get $state) (i32.const ${State.hoisting}))
      (then (call $charge (local.get $fuel)) (return)))
    (if (i32.eq (global.get $state) (i32.const ${State.started})) (then (call $lookedUp (local.get $pc) (local.get $fuel)) (return)))
    (local.set $act (i32.sub (global.get $sp) (i32.const ${Activation.size})))
    (call $charge (local.get $fuel))
    (call $endSegment (local.get $fuel))

    (local.set $site (i32.load offset=${Slot.site} (global.get $cur)))
    ;; The child entered last from here is most often the one.
    (local.set $child (i32.load offset=${Node.lastChild} (global.get $node)))
    (block $known
      (br_if $known (i32.and
        (i32.and
          (i32.eq (i32.load offset=${Node.pc} (local.get $child)) (local.get $pc))
          (i32.eq (i32.load offset=${Node.generation} (local.get $child)) (global.get $generation)))
        (i32.eq (i32.load offset=${Node.site} (local.get $child)) (local.get $site))))
      (local.set $resolved (call $lookup (local.get $pc) (i64.load offset=${Activation.funcObj} (local.get $act))))
      (local.set $fn (i32.wrap_i64 (i64.shr_u (local.get $resolved) (i64.const 32))))
      (local.set $code (i32.wrap_i64 (local.get $resolved)))
      (if (i32.and (i32.load offset=${Fn.flags} (local.get $fn)) (i32.const ${FnFlag.hoists}))
        (then
          (i32.store offset=${Fn.flags} (local.get $fn)
            (i32.and (i32.load offset=${Fn.flags} (local.get $fn)) (i32.const ${~FnFlag.hoists})))
          (call $save (local.get $act))
          (global.set $state (i32.const ${State.hoisting}))
          (return)))
      (local.set $child (call $child (global.get $node) (local.get $site) (local.get $fn)))
      (i32.store offset=${Node.lastChild} (global.get $node) (local.get $child))
      (i32.store offset=${Node.pc} (local.get $child) (local.get $pc))
      (i32.store offset=${Node.code} (local.get $child) (local.get $code))
      (i32.store offset=${Node.generation} (local.get $child) (global.get $generation)))
    (local.set $fn (i32.load offset=${Node.fn} (local.get $child)))
    (local.set $code (i32.load offset=${Node.code} (local.get $child)))

    (if (i32.eqz (global.get $depth)) (then (call $endGap)))
    (call $save (local.get $act))
    (i32.store offset=${Activation.resumed} (local.get $act) (i32.ne (local.get $pc) (local.get $code)))
    (global.set $node (local.get $child))
    (global.set $self (i64.const 0))
    (global.set $inner (i64.const 0))
    (local.set $since (local.get $fuel))
    (if (i32.and (i32.eqz (global.get $depth)) (i32.eq (global.get $job) (i32.const ${Job.begun})))
      (then
        ;; What the job cost so far is the function's.
        (global.set $job (i32.const ${Job.owned}))
        (local.set $earlier (i64.load offset=${Fixed.job + Slot.fuel} (i32.const 0)))
        (i64.store offset=${Fixed.job + Slot.fuel} (i32.const 0) (i64.const 0))
        (if (i32.eqz (global.get $framesOutside))
          (then
            (local.set $since (global.get $jobStart))
            (i64.store offset=${Fixed.root + Node.self} (i32.const 0)
              (i64.sub (i64.load offset=${Fixed.root + Node.self} (i32.const 0)) (local.get $earlier)))
            (i64.store offset=${Node.self} (local.get $child) (i64.add (i64.load offset=${Node.self} (local.get $child)) (local.get $earlier)))
            (global.set $self (local.get $earlier))))))
    (global.set $state (i32.const ${State.started}))
    (global.set $code (local.get $code))
    (call $begin (local.get $fn) (local.get $code))
    (local.set $slot (call $slotAt (local.get $pc) (local.get $fn)))
    (global.set $cur (local.get $slot))
    (i64.store offset=${Slot.fuel} (local.get $slot) (i64.add (i64.load offset=${Slot.fuel} (local.get $slot)) (local.get $earlier)))
    (i64.store offset=${Slot.hits} (local.get $slot) (i64.add (i64.load offset=${Slot.hits} (local.get $slot)) (i64.const 1)))
    (if (i32.eq (local.get $pc) (local.get $code))
      (then (i64.store offset=${Node.calls} (local.get $child) (i64.add (i64.load offset=${Node.calls} (local.get $child)) (i64.const 1))))
      (else (i64.store offset=${Node.resumes} (local.get $child) (i64.add (i64.load offset=${Node.resumes} (local.get $child)) (i64.const 1)))))
    (global.set $depth (i32.add (global.get $depth) (i32.const 1)))
    (if (i32.gt_u (global.get $depth) (global.get $maxDepth)) (then (global.set $maxDepth (global.get $depth))))
    (call $open (local.get $fn) (local.get $since))
    (call $event (local.get $child) (local.get $since)))

  ;; What a dispatch of $fn needs, whose code is at $code.
  (func $begin (param $fn i32) (param $code i32)
    (global.set $length (i32.const 0))
    (global.set $base (i32.const 0))
    (if (i32.and (i32.load offset=${Fn.flags} (local.get $fn)) (i32.const ${FnFlag.rest})) (then (return)))
    (if (i32.load offset=${Fn.map} (local.get $fn))
      (then
        (global.set $base (i32.sub
          (i32.add (i32.load offset=${Fn.map} (local.get $fn)) (i32.const ${SlotMap.slots}))
          (i32.shl (local.get $code) (i32.const 2))))
        (return)))
    (global.set $length (i32.load offset=${Fn.length} (local.get $fn)))
    (global.set $base (i32.sub (i32.load offset=${Fn.slots} (local.get $fn)) (i32.shl (local.get $code) (i32.const ${slotShift})))))

  ;; The slot of $pc in the activation that is started. $fn is its function, which the rest alone needs.
  (func $slotAt (param $pc i32) (param $fn i32) (result i32)
    (local $offset i32)
    (local.set $offset (i32.sub (local.get $pc) (global.get $code)))
    (if (i32.lt_u (local.get $offset) (global.get $length))
      (then (return (i32.add (global.get $base) (i32.shl (local.get $pc) (i32.const ${slotShift}))))))
    (if (i32.eqz (global.get $length))
      (then
        (if (i32.eqz (global.get $base)) (then (return (i32.load offset=${Fn.slots} (local.get $fn)))))
        (if (i32.lt_u (local.get $offset)
              (i32.load (i32.sub (i32.add (global.get $base) (i32.shl (global.get $code) (i32.const 2))) (i32.const ${SlotMap.slots}))))
          (then (return (i32.load (i32.add (global.get $base) (i32.shl (local.get $pc) (i32.const 2)))))))))
    (call $foreign (local.get $pc))
    (unreachable))

  ;; A dispatch of a started activation that is not found by the address alone. The rest's one slot is current already.
  (func $lookedUp (param $pc i32) (param $fuel i64)
    (local $slot i32)
    (local.set $slot (global.get $cur))
    (if (i32.or (global.get $length) (global.get $base))
      (then (local.set $slot (call $slotAt (local.get $pc) (i32.const 0)))))
    (call $charge (local.get $fuel))
    (global.set $cur (local.get $slot))
    (i64.store offset=${Slot.hits} (local.get $slot) (i64.add (i64.load offset=${Slot.hits} (local.get $slot)) (i64.const 1))))

  ;; A stretch outside any activation is over, and it was not the last: it was the job queue's.
  (func $endGap
    (i64.store offset=${Fixed.jobs} (i32.const 0)
      (i64.add (i64.load offset=${Fixed.jobs} (i32.const 0)) (i64.load offset=${Fixed.gap} (i32.const 0))))
    (i64.store offset=${Fixed.gap} (i32.const 0) (i64.const 0)))

  (func $save (param $act i32)
    (i32.store offset=${Activation.cur} (local.get $act) (global.get $cur))
    (i32.store offset=${Activation.node} (local.get $act) (global.get $node))
    (i32.store offset=${Activation.base} (local.get $act) (global.get $base))
    (i32.store offset=${Activation.code} (local.get $act) (global.get $code))
    (i64.store offset=${Activation.self} (local.get $act) (global.get $self))
    (i64.store offset=${Activation.inner} (local.get $act) (global.get $inner)))

  ;; Keeps where an activation ends. Where the mark has not moved since the last end, no opcode was dispatched in
  ;; between: an exception is unwinding the stack, and the list grows outwards.
  (func $unwind
    (local $count i32)
    (if (i64.eq (global.get $mark) (global.get $left))
      (then (local.set $count (i32.load offset=${Fixed.unwound + Unwound.count} (i32.const 0)))))
    (if (i32.lt_u (local.get $count) (i32.const ${Unwound.most}))
      (then (i32.store offset=${Fixed.unwound + Unwound.slots} (i32.shl (local.get $count) (i32.const 2)) (global.get $cur))))
    (i32.store offset=${Fixed.unwound + Unwound.count} (i32.const 0) (i32.add (local.get $count) (i32.const 1))))

  ;; The interpreter function is left.
  (func (export "leave") (param $fuel i64)
    (local $act i32) (local $slot i32)
    (call $look (local.get $fuel))
    (global.set $sp (local.tee $act (i32.sub (global.get $sp) (i32.const ${Activation.size}))))
    (if (i32.eq (global.get $state) (i32.const ${State.started}))
      (then
        (call $unwind)
        (call $charge (local.get $fuel))
        (global.set $left (local.get $fuel))
        (call $endSegment (local.get $fuel))
        (global.set $depth (i32.sub (global.get $depth) (i32.const 1)))
        (if (i32.and (i32.and (i32.eqz (global.get $depth)) (i32.eq (global.get $job) (i32.const ${Job.owned}))) (i32.eqz (global.get $lingers)))
          (then
            (global.set $lingers (i32.const 1))
            (global.set $lingeringObj (i64.load offset=${Activation.funcObj} (local.get $act)))
            (global.set $lingeringResumed (i32.load offset=${Activation.resumed} (local.get $act)))
            (if (global.get $framesOutside)
              (then
                (local.set $slot (global.get $cur))
                (call $ended (global.get $lingeringObj) (global.get $lingeringResumed) (local.get $fuel))
                (call $restore (local.get $act))
                (global.set $cur (local.get $slot)))))
          (else
            (call $ended (i64.load offset=${Activation.funcObj} (local.get $act)) (i32.load offset=${Activation.resumed} (local.get $act)) (local.get $fuel))
            (call $restore (local.get $act))
            (if (i32.and (i32.eqz (global.get $depth)) (i32.eqz (global.get $lingers))) (then (global.set $cur (i32.const ${Fixed.gap}))))))))
    (if (i32.eq (global.get $state) (i32.const ${State.hoisting}))
      ;; Linking is no frame: native frames inside it went on adding to the own fuel of the frame below, which stays.
      (then (call $charge (local.get $fuel)) (global.set $cur (i32.load offset=${Activation.cur} (local.get $act)))))
    (global.set $state (i32.load offset=${Activation.state} (local.get $act)))
    (global.set $length (i32.load offset=${Activation.length} (local.get $act))))

  ;; The frame of the activation that is current is closed.
  (func $ended (param $funcObj i64) (param $resumed i32) (param $fuel i64)
    (local $fn i32) (local $own i64)
    (call $event (i32.const 0) (local.get $fuel))
    (local.set $fn (i32.load offset=${Node.fn} (global.get $node)))
    (local.set $own (i64.add (global.get $self) (global.get $inner)))
    (call $close (local.get $fn) (local.get $fuel))
    (if (i32.and (i32.load offset=${Fn.flags} (local.get $fn)) (i32.const ${FnFlag.suspends}))
      (then
        (local.set $own (call $invocation
          (local.get $fn)
          (local.get $funcObj)
          (local.get $own)
          (i32.shr_u (i32.sub (global.get $cur) (i32.load offset=${Fn.slots} (local.get $fn))) (i32.const ${slotShift}))
          (local.get $resumed)))))
    (if (i32.and (i32.load offset=${Fn.flags} (local.get $fn)) (i32.const ${FnFlag.rest})) (then (local.set $own (i64.const -1))))
    (if (i64.ge_s (local.get $own) (i64.const 0)) (then (call $completed (local.get $fn) (local.get $own)))))

  ;; The queue runs a job, and it is done.
  (func (export "enterJob") (param $fuel i64)
    (global.set $jobsOpen (i32.add (global.get $jobsOpen) (i32.const 1)))
    (if (i32.or (i32.or (global.get $depth) (global.get $lingers)) (i32.ne (global.get $jobsOpen) (i32.const 1))) (then (return)))
    (call $look (local.get $fuel))
    (call $charge (local.get $fuel))
    (call $endSegment (local.get $fuel))
    (global.set $outside (global.get $cur))
    (global.set $cur (i32.const ${Fixed.job}))
    (global.set $jobStart (local.get $fuel))
    (global.set $job (i32.const ${Job.begun})))

  (func $leaveJob (export "leaveJob") (param $fuel i64)
    (global.set $jobsOpen (i32.sub (global.get $jobsOpen) (i32.const 1)))
    (if (i32.eqz (global.get $jobsOpen)) (then (call $endJob (local.get $fuel)))))

  (func $endJob (param $fuel i64)
    (if (i32.eqz (global.get $job)) (then (return)))
    (call $look (local.get $fuel))
    (call $charge (local.get $fuel))
    (call $endSegment (local.get $fuel))
    (if (global.get $lingers)
      (then
        (global.set $lingers (i32.const 0))
        (if (i32.eqz (global.get $framesOutside))
          (then
            (call $ended (global.get $lingeringObj) (global.get $lingeringResumed) (local.get $fuel))
            (global.set $node (i32.const ${Fixed.root}))))
        (global.set $cur (i32.const ${Fixed.gap})))
      (else
        ;; No JavaScript ran: the job is the queue's own work.
        (i64.store offset=${Slot.fuel} (global.get $outside)
          (i64.add (i64.load offset=${Slot.fuel} (global.get $outside)) (i64.load offset=${Fixed.job + Slot.fuel} (i32.const 0))))
        (i64.store offset=${Fixed.job + Slot.fuel} (i32.const 0) (i64.const 0))
        (global.set $cur (global.get $outside))))
    (global.set $job (i32.const ${Job.none})))

  (func $restore (param $act i32)
    (global.set $cur (i32.load offset=${Activation.cur} (local.get $act)))
    (global.set $node (i32.load offset=${Activation.node} (local.get $act)))
    (global.set $base (i32.load offset=${Activation.base} (local.get $act)))
    (global.set $code (i32.load offset=${Activation.code} (local.get $act)))
    (global.set $self (i64.load offset=${Activation.self} (local.get $act)))
    (global.set $inner (i64.load offset=${Activation.inner} (local.get $act))))

  ;; Native frames: the node changes, the slot that is charged does not. Entered are a native function, one of
  ;; several that are the same function and told apart by $magic, or the engine's work for the current opcode.
  (func (export "enterNative") (param $index i32) (param $fuel i64)
    (call $native (call $nativeAt (local.get $index)) (local.get $fuel)))

  (func (export "enterShared") (param $group i32) (param $magic i32) (param $fuel i64)
    (local $at i32) (local $end i32) (local $shared i32)
    (local.set $shared (i32.load (i32.add (global.get $shared) (i32.shl (local.get $group) (i32.const 2)))))
    (local.set $at (i32.add (local.get $shared) (i32.const ${Shared.pairs})))
    (local.set $end (i32.add (local.get $at) (i32.mul (i32.load offset=${Shared.count} (local.get $shared)) (i32.const ${Shared.pair}))))
    (block $done
      (loop $each
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (if (i32.eq (i32.load (local.get $at)) (local.get $magic))
          (then (call $native (call $nativeAt (i32.load offset=4 (local.get $at))) (local.get $fuel)) (return)))
        (local.set $at (i32.add (local.get $at) (i32.const ${Shared.pair})))
        (br $each)))
    (call $native (call $nativeAt (i32.load offset=${Shared.otherwise} (local.get $shared))) (local.get $fuel)))

  (func (export "enterWork") (param $fuel i64)
    (call $native (i32.load offset=${Slot.work} (global.get $cur)) (local.get $fuel)))

  (func $nativeAt (param $index i32) (result i32)
    (i32.add (global.get $natives) (i32.mul (local.get $index) (i32.const ${Fn.size}))))

  (func $native (param $fn i32) (param $fuel i64)
    (local $act i32) (local $child i32) (local $site i32)
    (call $look (local.get $fuel))
    (local.set $site (i32.load offset=${Slot.site} (global.get $cur)))
    (call $endSegment (local.get $fuel))
    (local.set $act (call $push))
    (call $save (local.get $act))
    (i32.store offset=${Activation.state} (local.get $act) (global.get $state))
    (i32.store offset=${Activation.length} (local.get $act) (i32.const ${nativeLength}))
    (i32.store offset=${Activation.unheard} (local.get $act) (i32.const 0))
    (local.set $child (i32.load offset=${Node.lastChild} (global.get $node)))
    (if (i32.or (i32.ne (i32.load offset=${Node.fn} (local.get $child)) (local.get $fn))
                (i32.ne (i32.load offset=${Node.site} (local.get $child)) (local.get $site)))
      (then
        (local.set $child (call $child (global.get $node) (local.get $site) (local.get $fn)))
        (i32.store offset=${Node.lastChild} (global.get $node) (local.get $child))))
    (i64.store offset=${Node.calls} (local.get $child) (i64.add (i64.load offset=${Node.calls} (local.get $child)) (i64.const 1)))
    (global.set $node (local.get $child))
    (global.set $self (i64.const 0))
    (global.set $inner (i64.const 0))
    (call $open (local.get $fn) (local.get $fuel))
    (call $event (local.get $child) (local.get $fuel)))

  (func $leaveNative (export "leaveNative") (param $fuel i64)
    (local $act i32)
    (call $look (local.get $fuel))
    (call $endSegment (local.get $fuel))
    (call $event (i32.const 0) (local.get $fuel))
    (call $close (i32.load offset=${Node.fn} (global.get $node)) (local.get $fuel))
    (call $completed (i32.load offset=${Node.fn} (global.get $node)) (global.get $self))
    (global.set $sp (local.tee $act (i32.sub (global.get $sp) (i32.const ${Activation.size}))))
    (global.set $node (i32.load offset=${Activation.node} (local.get $act)))
    (global.set $inner (i64.add (i64.load offset=${Activation.inner} (local.get $act)) (i64.add (global.get $self) (global.get $inner))))
    (global.set $self (i64.load offset=${Activation.self} (local.get $act))))

  ;; A builtin is called, or has ended. Outside of JavaScript it is no frame: what runs there is a phase's, or a job's.
  (func (export "enterBuiltin") (param $key i32) (param $magic i32) (param $fuel i64)
    (local $act i32)
    (if (i32.or (global.get $depth) (global.get $lingers))
      (then (call $native (call $builtinAt (local.get $key) (local.get $magic)) (local.get $fuel)))
      (else
        (local.set $act (call $push))
        (i32.store offset=${Activation.state} (local.get $act) (global.get $state))
        (i32.store offset=${Activation.length} (local.get $act) (i32.const ${nativeLength}))
        (i32.store offset=${Activation.unheard} (local.get $act) (i32.const 1)))))

  (func (export "leaveBuiltin") (param $fuel i64)
    (local $act i32)
    (local.set $act (i32.sub (global.get $sp) (i32.const ${Activation.size})))
    (if (i32.load offset=${Activation.unheard} (local.get $act))
      (then (global.set $sp (local.get $act)))
      (else (call $leaveNative (local.get $fuel)))))

  (func $builtinPlace (param $key i32) (param $magic i32) (result i32)
    (local $i i32) (local $entry i32)
    (local.set $i (i32.xor (i32.mul (local.get $key) (i32.const 0x9e3779b1)) (i32.mul (local.get $magic) (i32.const 0x85ebca6b))))
    (local.set $i (i32.xor (local.get $i) (i32.shr_u (local.get $i) (i32.const 15))))
    (loop $probe
      (local.set $entry (i32.add (global.get $builtins)
        (i32.mul (i32.and (local.get $i) (global.get $builtinMask)) (i32.const ${BuiltinEntry.size}))))
      (if (i32.eqz (i32.load offset=${BuiltinEntry.fn} (local.get $entry))) (then (return (local.get $entry))))
      (if (i32.and (i32.eq (i32.load offset=${BuiltinEntry.key} (local.get $entry)) (local.get $key))
                   (i32.eq (i32.load offset=${BuiltinEntry.magic} (local.get $entry)) (local.get $magic)))
        (then (return (local.get $entry))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $probe))
    (unreachable))

  (func $builtinAt (param $key i32) (param $magic i32) (result i32)
    (local $entry i32) (local $fn i32)
    (local.set $entry (call $builtinPlace (local.get $key) (local.get $magic)))
    (if (local.tee $fn (i32.load offset=${BuiltinEntry.fn} (local.get $entry))) (then (return (local.get $fn))))
    (local.set $fn (call $nameBuiltin (local.get $key) (local.get $magic)))
    (i32.store offset=${BuiltinEntry.key} (local.get $entry) (local.get $key))
    (i32.store offset=${BuiltinEntry.magic} (local.get $entry) (local.get $magic))
    (i32.store offset=${BuiltinEntry.fn} (local.get $entry) (local.get $fn))
    (global.set $builtinCount (i32.add (global.get $builtinCount) (i32.const 1)))
    (if (i32.gt_u (i32.shl (global.get $builtinCount) (i32.const 1)) (global.get $builtinMask)) (then (call $growBuiltins)))
    (local.get $fn))

  (func $growBuiltins
    (local $from i32) (local $end i32)
    (local.set $from (global.get $builtins))
    (local.set $end (i32.add (local.get $from) (i32.mul (i32.add (global.get $builtinMask) (i32.const 1)) (i32.const ${BuiltinEntry.size}))))
    (global.set $builtinMask (i32.add (i32.shl (global.get $builtinMask) (i32.const 1)) (i32.const 1)))
    (global.set $builtins (call $allocate (i32.mul (i32.add (global.get $builtinMask) (i32.const 1)) (i32.const ${BuiltinEntry.size}))))
    (loop $each
      (if (i32.load offset=${BuiltinEntry.fn} (local.get $from))
        (then (memory.copy
          (call $builtinPlace (i32.load offset=${BuiltinEntry.key} (local.get $from)) (i32.load offset=${BuiltinEntry.magic} (local.get $from)))
          (local.get $from) (i32.const ${BuiltinEntry.size}))))
      (br_if $each (i32.lt_u (local.tee $from (i32.add (local.get $from) (i32.const ${BuiltinEntry.size}))) (local.get $end)))))

  ;; The run is over, wherever it stopped: the rest is charged where it stands.
  (func (export "finish") (param $fuel i64)
    (call $look (local.get $fuel))
    (if (i32.eq (global.get $job) (i32.const ${Job.begun})) (then (call $endJob (local.get $fuel))))
    (call $charge (local.get $fuel))
    (call $endSegment (local.get $fuel)))

  ;; For the host's walk of the stack (recorder.ts): where it lies, and what the innermost activation is.
  (func (export "top") (result i32) (global.get $sp))
  (func (export "bottom") (result i32) (global.get $stack))
  (func (export "current") (result i32) (global.get $cur))
  (func (export "currentNode") (result i32) (global.get $node))
  (func (export "currentState") (result i32) (global.get $state))

  ;; The function whose activation begins at $pc, as fn * 2^32 + code.
  (func $lookup (param $pc i32) (param $funcObj i64) (result i64)
    (local $entry i32) (local $i i32) (local $resolved i64) (local $had i32)
    (local.set $i (i32.mul (local.get $pc) (i32.const 0x9e3779b1)))
    (block $found
      (loop $probe
        (local.set $i (i32.and (local.get $i) (global.get $codeMask)))
        (local.set $entry (i32.add (global.get $codes) (i32.mul (local.get $i) (i32.const ${CodeEntry.size}))))
        (local.set $had (i32.load offset=${CodeEntry.pc} (local.get $entry)))
        (br_if $found (i32.eq (local.get $had) (local.get $pc)))
        (br_if $found (i32.eqz (local.get $had)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $probe)))
    (if (i32.and (i32.ne (local.get $had) (i32.const 0))
                 (i32.eq (i32.load offset=${CodeEntry.generation} (local.get $entry)) (global.get $generation)))
      (then (return (i64.or
        (i64.shl (i64.extend_i32_u (i32.load offset=${CodeEntry.fn} (local.get $entry))) (i64.const 32))
        (i64.extend_i32_u (i32.load offset=${CodeEntry.code} (local.get $entry)))))))
    (local.set $resolved (call $resolve (local.get $pc) (local.get $funcObj)))
    (i32.store offset=${CodeEntry.pc} (local.get $entry) (local.get $pc))
    (i32.store offset=${CodeEntry.generation} (local.get $entry) (global.get $generation))
    (i32.store offset=${CodeEntry.fn} (local.get $entry) (i32.wrap_i64 (i64.shr_u (local.get $resolved) (i64.const 32))))
    (i32.store offset=${CodeEntry.code} (local.get $entry) (i32.wrap_i64 (local.get $resolved)))
    (if (i32.eqz (local.get $had))
      (then
        (global.set $codeCount (i32.add (global.get $codeCount) (i32.const 1)))
        (if (i32.gt_u (i32.shl (global.get $codeCount) (i32.const 1)) (global.get $codeMask)) (then (call $growCodes)))))
    (local.get $resolved))

  (func $growCodes
    (local $old i32) (local $from i32) (local $end i32) (local $i i32) (local $to i32)
    (local.set $old (global.get $codes))
    (local.set $end (i32.add (local.get $old) (i32.mul (i32.add (global.get $codeMask) (i32.const 1)) (i32.const ${CodeEntry.size}))))
    (global.set $codeMask (i32.add (i32.shl (global.get $codeMask) (i32.const 1)) (i32.const 1)))
    (global.set $codes (call $allocate (i32.mul (i32.add (global.get $codeMask) (i32.const 1)) (i32.const ${CodeEntry.size}))))
    (local.set $from (local.get $old))
    (loop $copy
      (if (i32.load offset=${CodeEntry.pc} (local.get $from))
        (then
          (local.set $i (i32.mul (i32.load offset=${CodeEntry.pc} (local.get $from)) (i32.const 0x9e3779b1)))
          (loop $probe
            (local.set $i (i32.and (local.get $i) (global.get $codeMask)))
            (local.set $to (i32.add (global.get $codes) (i32.mul (local.get $i) (i32.const ${CodeEntry.size}))))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $probe (i32.load offset=${CodeEntry.pc} (local.get $to))))
          (memory.copy (local.get $to) (local.get $from) (i32.const ${CodeEntry.size}))))
      (br_if $copy (i32.lt_u (local.tee $from (i32.add (local.get $from) (i32.const ${CodeEntry.size}))) (local.get $end)))))

  (func $hash (param $parent i32) (param $site i32) (param $fn i32) (result i32)
    (local $h i32)
    (local.set $h (i32.mul (i32.xor (i32.mul (local.get $parent) (i32.const 0x9e3779b1)) (local.get $site)) (i32.const 0x85ebca6b)))
    (local.set $h (i32.mul (i32.xor (i32.xor (local.get $h) (i32.shr_u (local.get $h) (i32.const 15))) (local.get $fn)) (i32.const 0xc2b2ae35)))
    (i32.xor (local.get $h) (i32.shr_u (local.get $h) (i32.const 16))))

  ;; The child of $parent that was called from $site and is $fn; made where it is new.
  (func $child (param $parent i32) (param $site i32) (param $fn i32) (result i32)
    (local $place i32) (local $node i32)
    (local.set $place (call $childPlace (local.get $parent) (local.get $site) (local.get $fn)))
    (if (local.tee $node (i32.load (local.get $place))) (then (return (local.get $node))))
    (if (i32.eqz (global.get $nodesLeft)) (then (return (call $furtherChild (local.get $fn)))))
    (global.set $nodesLeft (i32.sub (global.get $nodesLeft) (i32.const 1)))
    (call $make (local.get $place) (local.get $parent) (local.get $site) (local.get $fn)))

  ;; The node of $fn on all paths past the limit of nodes: a native function's below that of the JavaScript around it,
  ;; whose own fuel it is part of. Calls in order mean nothing any more.
  (func $furtherChild (param $fn i32) (result i32)
    (local $above i32) (local $node i32)
    (global.set $truncated (i32.const 1))
    (global.set $eventsLeft (i64.const 0))
    (if (i32.eqz (global.get $further))
      (then (global.set $further (call $make
        (call $childPlace (i32.const ${Fixed.root}) (i32.const 0) (i32.const 0))
        (i32.const ${Fixed.root}) (i32.const 0) (i32.const 0)))))
    (local.set $above (global.get $further))
    (if (i32.eqz (i32.load offset=${Fn.length} (local.get $fn)))
      (then
        (local.set $node (global.get $node))
        (block $found
          (loop $up
            (br_if $found (i32.eq (local.get $node) (i32.const ${Fixed.root})))
            ;; a native function has no code, and what has no function reads a zero at address ${Fn.length}
            (if (i32.load offset=${Fn.length} (i32.load offset=${Node.fn} (local.get $node)))
              (then
                (local.set $above (call $onlyChild (global.get $further) (i32.load offset=${Node.fn} (local.get $node))))
                (br $found)))
            (local.set $node (i32.load offset=${Node.parent} (local.get $node)))
            (br $up)))))
    (call $onlyChild (local.get $above) (local.get $fn)))

  (func $onlyChild (param $above i32) (param $fn i32) (result i32)
    (local $place i32) (local $node i32)
    (local.set $place (call $childPlace (local.get $above) (i32.const 0) (local.get $fn)))
    (if (local.tee $node (i32.load (local.get $place))) (then (return (local.get $node))))
    (call $make (local.get $place) (local.get $above) (i32.const 0) (local.get $fn)))

  (func $make (param $place i32) (param $parent i32) (param $site i32) (param $fn i32) (result i32)
    (local $node i32)
    (local.set $node (call $allocate (i32.const ${Node.size})))
    (i32.store (local.get $place) (local.get $node))
    (i32.store offset=${Node.parent} (local.get $node) (local.get $parent))
    (i32.store offset=${Node.fn} (local.get $node) (local.get $fn))
    (i32.store offset=${Node.site} (local.get $node) (local.get $site))
    (i32.store offset=${Node.id} (local.get $node) (global.get $nodes))
    (i32.store offset=${Node.next} (global.get $lastNode) (local.get $node))
    (global.set $lastNode (local.get $node))
    (global.set $nodes (i32.add (global.get $nodes) (i32.const 1)))
    (global.set $childCount (i32.add (global.get $childCount) (i32.const 1)))
    (if (i32.gt_u (i32.shl (global.get $childCount) (i32.const 1)) (global.get $childMask)) (then (call $growChildren)))
    (local.get $node))

  ;; Address of the place in the table that holds, or would hold, that child.
  (func $childPlace (param $parent i32) (param $site i32) (param $fn i32) (result i32)
    (local $i i32) (local $place i32) (local $node i32)
    (local.set $i (call $hash (local.get $parent) (local.get $site) (local.get $fn)))
    (loop $probe
      (local.set $place (i32.add (global.get $children) (i32.shl (i32.and (local.get $i) (global.get $childMask)) (i32.const 2))))
      (if (i32.eqz (local.tee $node (i32.load (local.get $place)))) (then (return (local.get $place))))
      (if (i32.and (i32.eq (i32.load offset=${Node.parent} (local.get $node)) (local.get $parent))
            (i32.and (i32.eq (i32.load offset=${Node.site} (local.get $node)) (local.get $site))
                     (i32.eq (i32.load offset=${Node.fn} (local.get $node)) (local.get $fn))))
        (then (return (local.get $place))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $probe))
    (unreachable))

  (func $growChildren
    (local $node i32)
    (global.set $childMask (i32.add (i32.shl (global.get $childMask) (i32.const 1)) (i32.const 1)))
    (global.set $children (call $allocate (i32.shl (i32.add (global.get $childMask) (i32.const 1)) (i32.const 2))))
    (local.set $node (i32.load offset=${Node.next} (i32.const ${Fixed.root})))
    (loop $each
      (i32.store (call $childPlace (i32.load offset=${Node.parent} (local.get $node))
          (i32.load offset=${Node.site} (local.get $node)) (i32.load offset=${Node.fn} (local.get $node))) (local.get $node))
      (br_if $each (local.tee $node (i32.load offset=${Node.next} (local.get $node))))))

  ;; One call of $fn ran to completion and cost $own, callees excluded.
  (func $completed (param $fn i32) (param $own i64)
    (local $n i64)
    (local.set $n (i64.load offset=${Fn.completed} (local.get $fn)))
    (if (i32.or (i64.eqz (local.get $n)) (i64.lt_s (local.get $own) (i64.load offset=${Fn.min} (local.get $fn))))
      (then (i64.store offset=${Fn.min} (local.get $fn) (local.get $own))))
    (if (i64.gt_s (local.get $own) (i64.load offset=${Fn.max} (local.get $fn)))
      (then (i64.store offset=${Fn.max} (local.get $fn) (local.get $own))))
    (i64.store offset=${Fn.completed} (local.get $fn) (i64.add (local.get $n) (i64.const 1)))
    (if (i32.load offset=${Fn.buckets} (local.get $fn))
      (then (call $bucket (i32.load offset=${Fn.buckets} (local.get $fn)) (local.get $own) (i64.const 1)) (return)))
    (call $value (local.get $fn) (local.get $own)))

  ;; Counts a value in the function's table of distinct values; the table becomes buckets when it is full.
  (func $value (param $fn i32) (param $own i64)
    (local $place i32) (local $distinct i32) (local $n i64)
    (local.set $place (call $valuePlace (local.get $fn) (local.get $own)))
    (if (local.get $place)
      (then
        (if (i64.ne (local.tee $n (i64.load offset=8 (local.get $place))) (i64.const 0))
          (then (i64.store offset=8 (local.get $place) (i64.add (local.get $n) (i64.const 1))) (return)))))
    (local.set $distinct (i32.load offset=${Fn.distinct} (local.get $fn)))
    (if (i32.eq (local.get $distinct) (i32.const ${ValueTable.most}))
      (then
        (call $spread (local.get $fn) (i32.load offset=${Fn.values} (local.get $fn)))
        (call $bucket (i32.load offset=${Fn.buckets} (local.get $fn)) (local.get $own) (i64.const 1))
        (return)))
    (if (i32.ge_u (i32.shl (local.get $distinct) (i32.const 2))
                  (i32.mul (i32.load offset=${Fn.capacity} (local.get $fn)) (i32.const 3)))
      (then
        (call $growValues (local.get $fn))
        (local.set $place (call $valuePlace (local.get $fn) (local.get $own)))))
    (i64.store (local.get $place) (local.get $own))
    (i64.store offset=8 (local.get $place) (i64.const 1))
    (i32.store offset=${Fn.distinct} (local.get $fn) (i32.add (local.get $distinct) (i32.const 1))))

  ;; Address of the place in the table that holds, or would hold, that value; 0 where there is no table.
  (func $valuePlace (param $fn i32) (param $own i64) (result i32)
    (local $table i32) (local $mask i32) (local $i i32) (local $place i32)
    (if (i32.eqz (local.tee $table (i32.load offset=${Fn.values} (local.get $fn)))) (then (return (i32.const 0))))
    (local.set $mask (i32.sub (i32.load offset=${Fn.capacity} (local.get $fn)) (i32.const 1)))
    (local.set $i (i32.wrap_i64 (i64.shr_u (i64.mul (local.get $own) (i64.const 0x9e3779b97f4a7c15)) (i64.const 40))))
    (loop $probe
      (local.set $place (i32.add (local.get $table) (i32.shl (i32.and (local.get $i) (local.get $mask)) (i32.const 4))))
      (if (i64.eqz (i64.load offset=8 (local.get $place))) (then (return (local.get $place))))
      (if (i64.eq (i64.load (local.get $place)) (local.get $own)) (then (return (local.get $place))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $probe))
    (unreachable))

  ;; Doubles the function's table, or makes its first.
  (func $growValues (param $fn i32)
    (local $from i32) (local $end i32) (local $capacity i32) (local $to i32)
    (local.set $from (i32.load offset=${Fn.values} (local.get $fn)))
    (local.set $capacity (i32.load offset=${Fn.capacity} (local.get $fn)))
    (local.set $end (i32.add (local.get $from) (i32.shl (local.get $capacity) (i32.const 4))))
    (local.set $capacity (select (i32.shl (local.get $capacity) (i32.const 1)) (i32.const ${ValueTable.first}) (local.get $capacity)))
    (i32.store offset=${Fn.capacity} (local.get $fn) (local.get $capacity))
    (i32.store offset=${Fn.values} (local.get $fn) (call $allocate (i32.shl (local.get $capacity) (i32.const 4))))
    (block $done
      (loop $each
        (br_if $done (i32.ge_u (local.get $from) (local.get $end)))
        (if (i64.ne (i64.load offset=8 (local.get $from)) (i64.const 0))
          (then
            (local.set $to (call $valuePlace (local.get $fn) (i64.load (local.get $from))))
            (memory.copy (local.get $to) (local.get $from) (i32.const ${ValueTable.entry}))))
        (local.set $from (i32.add (local.get $from) (i32.const ${ValueTable.entry})))
        (br $each))))

  (func $spread (param $fn i32) (param $table i32)
    (local $at i32) (local $end i32)
    (local.set $at (local.get $table))
    (local.set $end (i32.add (local.get $table) (i32.shl (i32.load offset=${Fn.capacity} (local.get $fn)) (i32.const 4))))
    (i32.store offset=${Fn.buckets} (local.get $fn) (call $allocate (i32.const ${bucketCount * 8})))
    (loop $each
      (if (i64.ne (i64.load offset=8 (local.get $at)) (i64.const 0))
        (then (call $bucket (i32.load offset=${Fn.buckets} (local.get $fn))
          (i64.load (local.get $at)) (i64.load offset=8 (local.get $at)))))
      (br_if $each (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const ${ValueTable.entry}))) (local.get $end)))))

  (func $bucket (param $buckets i32) (param $own i64) (param $n i64)
    (local $shift i32) (local $index i32)
    (local.set $index (i32.wrap_i64 (local.get $own)))
    (if (i64.ge_u (local.get $own) (i64.const 32))
      (then
        (local.set $shift (i32.sub (i32.const 59) (i32.wrap_i64 (i64.clz (local.get $own)))))
        (local.set $index (i32.add (i32.shl (local.get $shift) (i32.const 4))
          (i32.wrap_i64 (i64.shr_u (local.get $own) (i64.extend_i32_u (local.get $shift))))))))
    (local.set $buckets (i32.add (local.get $buckets) (i32.shl (local.get $index) (i32.const 3))))
    (i64.store (local.get $buckets) (i64.add (i64.load (local.get $buckets)) (local.get $n))))
)`;
