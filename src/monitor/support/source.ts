/**
 * The support library of monitors, in WebAssembly text: memory blocks, strings, maps and printed text, in a memory of
 * its own. scripts/build.js assembles, optimises and validates it with binaryen. A monitor without maps, strings and
 * printing does not use it.
 *
 * A string is a number: equal strings have one number, and 0 is the empty one. A map is an address; keys and values
 * are words of 64 bits (tuples several), entries keep the order in which they came. Where the memory is exhausted, it
 * traps. layout.ts says where a reader finds things.
 */
import { Block, Fixed, MapHeader, Mark, StringEntry } from "./layout.ts";

/** Entries that a new map has room for; a power of two. */
const firstEntries = 8;
const firstStrings = 64;
const firstText = 256;

/** A byte vector in globals: its address, length and room. */
const vector = (name: string) => `
  (global $${name} (mut i32) (i32.const 0))
  (global $${name}Length (mut i32) (i32.const 0))
  (global $${name}Room (mut i32) (i32.const 0))
  (func $${name}Byte (param $byte i32)
    (local $to i32)
    (if (i32.eq (global.get $${name}Length) (global.get $${name}Room))
      (then
        (global.set $${name}Room (select (i32.shl (global.get $${name}Room) (i32.const 1)) (i32.const ${firstText}) (global.get $${name}Room)))
        (local.set $to (call $alloc (global.get $${name}Room)))
        (memory.copy (local.get $to) (global.get $${name}) (global.get $${name}Length))
        (call $free (global.get $${name}))
        (global.set $${name} (local.get $to))))
    (i32.store8 (i32.add (global.get $${name}) (global.get $${name}Length)) (local.get $byte))
    (global.set $${name}Length (i32.add (global.get $${name}Length) (i32.const 1))))`;

/** put{u,i}{8,16,32}: a number narrowed to its width. */
const putNarrow = [8, 16, 32]
  .flatMap((bits) => [
    `(func (export "putu${bits}") (param i32) (call $putUnsigned (i64.extend_i32_u (i32.and (local.get 0) (i32.const ${bits === 32 ? -1 : 2 ** bits - 1})))))`,
    `(func (export "puti${bits}") (param i32) (call $putSigned (i64.extend_i32_s ${bits === 32 ? "(local.get 0)" : `(i32.extend${bits}_s (local.get 0))`})))`,
  ])
  .join("\n  ");

export const supportSource = `
(module
  (memory (export "memory") 1)
  (global $top (mut i32) (i32.const ${Fixed.heap}))
  ;; Words of the key that is being given.
  (global $keyWords (mut i32) (i32.const 0))

  ;; ---- blocks: powers of two, each with its class in front; free ones in a list by class

  (func $alloc (export "mem_alloc") (param $bytes i32) (result i32)
    (local $class i32) (local $list i32) (local $block i32) (local $end i64)
    (if (i32.gt_u (local.get $bytes) (i32.const 0x3fffff00)) (then (unreachable)))
    (local.set $class (i32.sub (i32.const 32) (i32.clz (i32.add (select (local.get $bytes) (i32.const 8) (i32.gt_u (local.get $bytes) (i32.const 8))) (i32.const ${Block.header - 1})))))
    (local.set $list (i32.add (i32.const ${Fixed.freeLists}) (i32.shl (local.get $class) (i32.const 2))))
    (local.set $block (i32.load (local.get $list)))
    (if (local.get $block)
      (then
        (i32.store (local.get $list) (i32.load (local.get $block)))
        (return (local.get $block))))
    (local.set $block (global.get $top))
    (local.set $end (i64.add (i64.extend_i32_u (local.get $block)) (i64.shl (i64.const 1) (i64.extend_i32_u (local.get $class)))))
    (if (i64.gt_u (local.get $end) (i64.shl (i64.extend_i32_u (memory.size)) (i64.const 16)))
      (then
        (if (i32.eq (i32.const -1) (memory.grow (i32.add (i32.const 1)
              (i32.wrap_i64 (i64.shr_u (i64.sub (local.get $end) (i64.shl (i64.extend_i32_u (memory.size)) (i64.const 16))) (i64.const 16))))))
          (then (unreachable)))))
    (global.set $top (i32.wrap_i64 (local.get $end)))
    (i32.store (local.get $block) (local.get $class))
    (i32.add (local.get $block) (i32.const ${Block.header})))

  (func $free (export "mem_free") (param $block i32)
    (local $list i32)
    (if (i32.eqz (local.get $block)) (then (return)))
    (local.set $list (i32.load (i32.sub (local.get $block) (i32.const ${Block.header}))))
    (if (i32.gt_u (local.get $list) (i32.const 31)) (then (return)))
    (local.set $list (i32.add (i32.const ${Fixed.freeLists}) (i32.shl (local.get $list) (i32.const 2))))
    (i32.store (local.get $block) (i32.load (local.get $list)))
    (i32.store (local.get $list) (local.get $block)))

  ;; ---- strings

  ${vector("text")}
  ${vector("output")}
  (global $strings (export "strings") (mut i32) (i32.const 0))
  (global $stringCount (export "stringCount") (mut i32) (i32.const 0))
  (global $stringRoom (mut i32) (i32.const 0))
  ;; Twice the room of numbers plus one, by hash.
  (global $stringTable (mut i32) (i32.const 0))

  (func $hashText (param $at i32) (param $length i32) (result i32)
    (local $hash i32) (local $end i32)
    (local.set $hash (i32.const 0x811c9dc5))
    (local.set $end (i32.add (local.get $at) (local.get $length)))
    (block $done
      (loop $next
        (br_if $done (i32.eq (local.get $at) (local.get $end)))
        (local.set $hash (i32.mul (i32.xor (local.get $hash) (i32.load8_u (local.get $at))) (i32.const 0x01000193)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (i32.xor (local.get $hash) (i32.shr_u (local.get $hash) (i32.const 15))))

  (func $same (param $a i32) (param $b i32) (param $length i32) (result i32)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $length)))
        (if (i32.ne (i32.load8_u (local.get $a)) (i32.load8_u (local.get $b))) (then (return (i32.const 0))))
        (local.set $a (i32.add (local.get $a) (i32.const 1)))
        (local.set $b (i32.add (local.get $b) (i32.const 1)))
        (local.set $length (i32.sub (local.get $length) (i32.const 1)))
        (br $next)))
    (i32.const 1))

  (func $entryOf (param $string i32) (result i32)
    (i32.add (global.get $strings) (i32.mul (local.get $string) (i32.const ${StringEntry.size}))))

  (func $address (export "str_addr") (param $string i32) (result i32)
    (if (i32.ge_u (local.get $string) (global.get $stringCount)) (then (return (i32.const 0))))
    (i32.load offset=${StringEntry.address} (call $entryOf (local.get $string))))

  (func $length (export "str_len") (param $string i32) (result i32)
    (if (i32.ge_u (local.get $string) (global.get $stringCount)) (then (return (i32.const 0))))
    (i32.load offset=${StringEntry.length} (call $entryOf (local.get $string))))

  (func $slotOf (param $table i32) (param $room i32) (param $hash i32) (result i32)
    (i32.add (local.get $table)
      (i32.shl (i32.and (local.get $hash) (i32.sub (i32.shl (local.get $room) (i32.const 1)) (i32.const 1))) (i32.const 2))))

  (func $growStrings
    (local $room i32) (local $to i32) (local $table i32) (local $i i32) (local $hash i32) (local $slot i32)
    (local.set $room (select (i32.shl (global.get $stringRoom) (i32.const 1)) (i32.const ${firstStrings}) (global.get $stringRoom)))
    (local.set $to (call $alloc (i32.mul (local.get $room) (i32.const ${StringEntry.size}))))
    (memory.copy (local.get $to) (global.get $strings) (i32.mul (global.get $stringCount) (i32.const ${StringEntry.size})))
    (call $free (global.get $strings))
    (global.set $strings (local.get $to))
    (call $free (global.get $stringTable))
    (local.set $table (call $alloc (i32.shl (local.get $room) (i32.const 3))))
    (memory.fill (local.get $table) (i32.const 0) (i32.shl (local.get $room) (i32.const 3)))
    (global.set $stringTable (local.get $table))
    (global.set $stringRoom (local.get $room))
    (block $done
      (loop $next
        (br_if $done (i32.eq (local.get $i) (global.get $stringCount)))
        (local.set $hash (call $hashText (call $address (local.get $i)) (call $length (local.get $i))))
        (loop $probe
          (local.set $slot (call $slotOf (local.get $table) (local.get $room) (local.get $hash)))
          (if (i32.load (local.get $slot))
            (then
              (local.set $hash (i32.add (local.get $hash) (i32.const 1)))
              (br $probe))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (i32.store (local.get $slot) (local.get $i))
        (br $next))))

  ;; The number of the string with these bytes.
  (func $intern (export "str_from") (param $at i32) (param $length i32) (result i32)
    (local $hash i32) (local $slot i32) (local $found i32) (local $to i32) (local $entry i32)
    (if (i32.eqz (local.get $length)) (then (if (global.get $stringCount) (then (return (i32.const 0))))))
    (if (i32.eq (global.get $stringCount) (global.get $stringRoom)) (then (call $growStrings)))
    (local.set $hash (call $hashText (local.get $at) (local.get $length)))
    (block $absent
      (loop $probe
        (local.set $slot (call $slotOf (global.get $stringTable) (global.get $stringRoom) (local.get $hash)))
        (br_if $absent (i32.eqz (local.tee $found (i32.load (local.get $slot)))))
        (local.set $found (i32.sub (local.get $found) (i32.const 1)))
        (if (i32.eq (call $length (local.get $found)) (local.get $length))
          (then
            (if (call $same (call $address (local.get $found)) (local.get $at) (local.get $length))
              (then (return (local.get $found))))))
        (local.set $hash (i32.add (local.get $hash) (i32.const 1)))
        (br $probe)))
    (local.set $to (call $alloc (local.get $length)))
    (memory.copy (local.get $to) (local.get $at) (local.get $length))
    (local.set $entry (call $entryOf (global.get $stringCount)))
    (i32.store offset=${StringEntry.address} (local.get $entry) (local.get $to))
    (i32.store offset=${StringEntry.length} (local.get $entry) (local.get $length))
    (global.set $stringCount (i32.add (global.get $stringCount) (i32.const 1)))
    (i32.store (local.get $slot) (global.get $stringCount))
    (i32.sub (global.get $stringCount) (i32.const 1)))

  ;; Text that comes from elsewhere: up to eight bytes at a time, lowest first, then its number.
  (func (export "str_push") (param $bytes i64) (param $count i32)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $count)))
        (call $textByte (i32.wrap_i64 (local.get $bytes)))
        (local.set $bytes (i64.shr_u (local.get $bytes) (i64.const 8)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $next))))

  (func (export "str_done") (result i32)
    (local $string i32)
    (local.set $string (call $intern (global.get $text) (global.get $textLength)))
    (global.set $textLength (i32.const 0))
    (local.get $string))

  ;; The byte at an index that is below the length.
  (func (export "str_at") (param $string i32) (param $index i32) (result i32)
    (i32.load8_u (i32.add (call $address (local.get $string)) (local.get $index))))

  (func (export "str_starts_with") (param $a i32) (param $b i32) (result i32)
    (if (i32.lt_u (call $length (local.get $a)) (call $length (local.get $b))) (then (return (i32.const 0))))
    (call $same (call $address (local.get $a)) (call $address (local.get $b)) (call $length (local.get $b))))

  (func (export "str_ends_with") (param $a i32) (param $b i32) (result i32)
    (if (i32.lt_u (call $length (local.get $a)) (call $length (local.get $b))) (then (return (i32.const 0))))
    (call $same
      (i32.sub (i32.add (call $address (local.get $a)) (call $length (local.get $a))) (call $length (local.get $b)))
      (call $address (local.get $b)) (call $length (local.get $b))))

  (func (export "str_contains") (param $a i32) (param $b i32) (result i32)
    (local $at i32) (local $last i32) (local $of i32) (local $length i32)
    (local.set $length (call $length (local.get $b)))
    (if (i32.lt_u (call $length (local.get $a)) (local.get $length)) (then (return (i32.const 0))))
    (local.set $at (call $address (local.get $a)))
    (local.set $of (call $address (local.get $b)))
    (local.set $last (i32.sub (i32.add (local.get $at) (call $length (local.get $a))) (local.get $length)))
    (loop $next
      (if (call $same (local.get $at) (local.get $of) (local.get $length)) (then (return (i32.const 1))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $next (i32.le_u (local.get $at) (local.get $last))))
    (i32.const 0))

  ;; ---- maps

  (func $mapNew (export "map_new") (param $keyWords i32) (param $valueWords i32) (result i32)
    (local $map i32)
    (local.set $map (call $alloc (i32.const ${MapHeader.size})))
    (i32.store offset=${MapHeader.keyWords} (local.get $map) (local.get $keyWords))
    (i32.store offset=${MapHeader.valueWords} (local.get $map) (local.get $valueWords))
    (i32.store offset=${MapHeader.count} (local.get $map) (i32.const 0))
    (i32.store offset=${MapHeader.room} (local.get $map) (i32.const 0))
    (i32.store offset=${MapHeader.entries} (local.get $map) (i32.const 0))
    (i32.store offset=${MapHeader.table} (local.get $map) (i32.const 0))
    (local.get $map))

  (func $key (export "map_key") (param $word i64)
    (i64.store (i32.add (i32.const ${Fixed.key}) (i32.shl (global.get $keyWords) (i32.const 3))) (local.get $word))
    (global.set $keyWords (i32.add (global.get $keyWords) (i32.const 1))))

  (func $hashWords (param $at i32) (param $words i32) (result i32)
    (local $hash i64)
    (loop $next
      (local.set $hash (i64.mul (i64.xor (local.get $hash) (i64.load (local.get $at))) (i64.const 0x9e3779b97f4a7c15)))
      (local.set $hash (i64.xor (local.get $hash) (i64.shr_u (local.get $hash) (i64.const 32))))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $next (local.tee $words (i32.sub (local.get $words) (i32.const 1)))))
    (i32.wrap_i64 (local.get $hash)))

  (func $stride (param $map i32) (result i32)
    (i32.shl (i32.add (i32.load offset=${MapHeader.keyWords} (local.get $map)) (i32.load offset=${MapHeader.valueWords} (local.get $map))) (i32.const 3)))

  ;; Address of the value under the given key, 0 where there is none; the key is used up.
  (func $find (export "map_find") (param $map i32) (result i32)
    (local $hash i32) (local $entry i32) (local $words i32) (local $stride i32)
    (global.set $keyWords (i32.const 0))
    (if (i32.eqz (local.get $map)) (then (return (i32.const 0))))
    (if (i32.eqz (i32.load offset=${MapHeader.count} (local.get $map))) (then (return (i32.const 0))))
    (local.set $words (i32.load offset=${MapHeader.keyWords} (local.get $map)))
    (local.set $stride (call $stride (local.get $map)))
    (local.set $hash (call $hashWords (i32.const ${Fixed.key}) (local.get $words)))
    (loop $probe (result i32)
      (local.set $entry (i32.load (call $slotOf (i32.load offset=${MapHeader.table} (local.get $map)) (i32.load offset=${MapHeader.room} (local.get $map)) (local.get $hash))))
      (if (i32.eqz (local.get $entry)) (then (return (i32.const 0))))
      (local.set $entry (i32.add (i32.load offset=${MapHeader.entries} (local.get $map)) (i32.mul (i32.sub (local.get $entry) (i32.const 1)) (local.get $stride))))
      (if (call $sameWords (local.get $entry) (local.get $words))
        (then (return (i32.add (local.get $entry) (i32.shl (local.get $words) (i32.const 3))))))
      (local.set $hash (i32.add (local.get $hash) (i32.const 1)))
      (br $probe)))

  ;; Whether an entry has the given key.
  (func $sameWords (param $entry i32) (param $words i32) (result i32)
    (local $at i32)
    (local.set $at (i32.const ${Fixed.key}))
    (loop $next
      (if (i64.ne (i64.load (local.get $entry)) (i64.load (local.get $at))) (then (return (i32.const 0))))
      (local.set $entry (i32.add (local.get $entry) (i32.const 8)))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $next (local.tee $words (i32.sub (local.get $words) (i32.const 1)))))
    (i32.const 1))

  (func $place (param $map i32) (param $hash i32) (param $number i32)
    (local $slot i32)
    (loop $probe
      (local.set $slot (call $slotOf (i32.load offset=${MapHeader.table} (local.get $map)) (i32.load offset=${MapHeader.room} (local.get $map)) (local.get $hash)))
      (if (i32.load (local.get $slot))
        (then
          (local.set $hash (i32.add (local.get $hash) (i32.const 1)))
          (br $probe))))
    (i32.store (local.get $slot) (local.get $number)))

  (func $growMap (param $map i32)
    (local $room i32) (local $to i32) (local $count i32) (local $stride i32) (local $i i32)
    (local.set $count (i32.load offset=${MapHeader.count} (local.get $map)))
    (local.set $room (select (i32.shl (local.get $count) (i32.const 1)) (i32.const ${firstEntries}) (local.get $count)))
    (local.set $stride (call $stride (local.get $map)))
    (local.set $to (call $alloc (i32.mul (local.get $room) (local.get $stride))))
    (memory.copy (local.get $to) (i32.load offset=${MapHeader.entries} (local.get $map)) (i32.mul (local.get $count) (local.get $stride)))
    (call $free (i32.load offset=${MapHeader.entries} (local.get $map)))
    (i32.store offset=${MapHeader.entries} (local.get $map) (local.get $to))
    (call $free (i32.load offset=${MapHeader.table} (local.get $map)))
    (i32.store offset=${MapHeader.table} (local.get $map) (call $alloc (i32.shl (local.get $room) (i32.const 3))))
    (memory.fill (i32.load offset=${MapHeader.table} (local.get $map)) (i32.const 0) (i32.shl (local.get $room) (i32.const 3)))
    (i32.store offset=${MapHeader.room} (local.get $map) (local.get $room))
    (block $done
      (loop $next
        (br_if $done (i32.eq (local.get $i) (local.get $count)))
        (call $place (local.get $map)
          (call $hashWords (i32.add (local.get $to) (i32.mul (local.get $i) (local.get $stride))) (i32.load offset=${MapHeader.keyWords} (local.get $map)))
          (local.tee $i (i32.add (local.get $i) (i32.const 1))))
        (br $next))))

  ;; The same, and an entry of zeros comes to be where there is none.
  (func $insert (export "map_insert") (param $map i32) (result i32)
    (local $value i32) (local $entry i32) (local $stride i32) (local $words i32) (local $count i32)
    (local.set $value (call $find (local.get $map)))
    (if (local.get $value) (then (return (local.get $value))))
    (local.set $count (i32.load offset=${MapHeader.count} (local.get $map)))
    (if (i32.eq (local.get $count) (i32.load offset=${MapHeader.room} (local.get $map))) (then (call $growMap (local.get $map))))
    (local.set $stride (call $stride (local.get $map)))
    (local.set $words (i32.load offset=${MapHeader.keyWords} (local.get $map)))
    (local.set $entry (i32.add (i32.load offset=${MapHeader.entries} (local.get $map)) (i32.mul (local.get $count) (local.get $stride))))
    (memory.fill (local.get $entry) (i32.const 0) (local.get $stride))
    (memory.copy (local.get $entry) (i32.const ${Fixed.key}) (i32.shl (local.get $words) (i32.const 3)))
    (local.set $count (i32.add (local.get $count) (i32.const 1)))
    (i32.store offset=${MapHeader.count} (local.get $map) (local.get $count))
    (call $place (local.get $map) (call $hashWords (i32.const ${Fixed.key}) (local.get $words)) (local.get $count))
    (i32.add (local.get $entry) (i32.shl (local.get $words) (i32.const 3))))

  ;; Word n of a value; 0 where there is no value.
  (func $word (export "map_word") (param $value i32) (param $n i32) (result i64)
    (if (i32.eqz (local.get $value)) (then (return (i64.const 0))))
    (i64.load (i32.add (local.get $value) (i32.shl (local.get $n) (i32.const 3)))))

  (func (export "map_store") (param $value i32) (param $n i32) (param $word i64)
    (i64.store (i32.add (local.get $value) (i32.shl (local.get $n) (i32.const 3))) (local.get $word)))

  ;; Maps of one word to one word.
  (func (export "map_get") (param $map i32) (param $key i64) (result i64)
    (call $key (local.get $key))
    (call $word (call $find (local.get $map)) (i32.const 0)))

  (func (export "map_set") (param $map i32) (param $key i64) (param $word i64)
    (call $key (local.get $key))
    (i64.store (call $insert (local.get $map)) (local.get $word)))

  (func (export "map_add") (param $map i32) (param $key i64) (param $word i64)
    (local $value i32)
    (call $key (local.get $key))
    (local.set $value (call $insert (local.get $map)))
    (i64.store (local.get $value) (i64.add (i64.load (local.get $value)) (local.get $word))))

  ;; A map that is the value of another: made when it is first asked for.
  (func (export "map_inner") (param $value i32) (param $keyWords i32) (param $valueWords i32) (result i32)
    (local $inner i32)
    (local.set $inner (i32.wrap_i64 (i64.load (local.get $value))))
    (if (local.get $inner) (then (return (local.get $inner))))
    (local.set $inner (call $mapNew (local.get $keyWords) (local.get $valueWords)))
    (i64.store (local.get $value) (i64.extend_i32_u (local.get $inner)))
    (local.get $inner))

  (func (export "map_count") (param $map i32) (result i32)
    (if (i32.eqz (local.get $map)) (then (return (i32.const 0))))
    (i32.load offset=${MapHeader.count} (local.get $map)))

  ;; Address of an entry by its number: the words of its key, behind them those of its value.
  (func (export "map_entry") (param $map i32) (param $n i32) (result i32)
    (i32.add (i32.load offset=${MapHeader.entries} (local.get $map)) (i32.mul (local.get $n) (call $stride (local.get $map)))))

  ;; Ends the program: a trap.
  (func (export "stop") (unreachable))

  ;; ---- printed text: bytes, with what a reader must write itself (floats) behind a mark

  (func (export "output_addr") (result i32) (global.get $output))
  (func (export "output_len") (result i32) (global.get $outputLength))

  (func $putByte (param $byte i32)
    (call $outputByte (local.get $byte))
    (if (i32.eq (i32.and (local.get $byte) (i32.const 255)) (i32.const ${Mark.escape})) (then (call $outputByte (i32.const ${Mark.itself})))))

  (func (export "putc") (param $byte i32) (call $putByte (local.get $byte)))
  (func (export "puts") (param $at i32) (param $length i32)
    (block $done
      (loop $next
        (br_if $done (i32.le_s (local.get $length) (i32.const 0)))
        (call $putByte (i32.load8_u (local.get $at)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (local.set $length (i32.sub (local.get $length) (i32.const 1)))
        (br $next))))

  (func $putUnsigned (export "putu64") (param $n i64)
    (if (i64.ge_u (local.get $n) (i64.const 10)) (then (call $putUnsigned (i64.div_u (local.get $n) (i64.const 10)))))
    (call $outputByte (i32.add (i32.const 48) (i32.wrap_i64 (i64.rem_u (local.get $n) (i64.const 10))))))
  (func $putSigned (export "puti64") (param $n i64)
    (if (i64.lt_s (local.get $n) (i64.const 0))
      (then
        (call $outputByte (i32.const 45))
        (local.set $n (i64.sub (i64.const 0) (local.get $n)))))
    (call $putUnsigned (local.get $n)))
  ${putNarrow}
  (func (export "putbool") (param $b i32)
    (local $text i64)
    (local.set $text (select (i64.const 0x65757274) (i64.const 0x65736c6166) (local.get $b)))
    (loop $next
      (call $outputByte (i32.wrap_i64 (local.get $text)))
      (local.set $text (i64.shr_u (local.get $text) (i64.const 8)))
      (br_if $next (i64.ne (local.get $text) (i64.const 0)))))

  (func $putBits (param $bits i64) (param $bytes i32)
    (loop $next
      (call $outputByte (i32.wrap_i64 (local.get $bits)))
      (local.set $bits (i64.shr_u (local.get $bits) (i64.const 8)))
      (br_if $next (local.tee $bytes (i32.sub (local.get $bytes) (i32.const 1))))))
  (func (export "putf32") (param $f f32)
    (call $outputByte (i32.const ${Mark.escape}))
    (call $outputByte (i32.const ${Mark.single}))
    (call $putBits (i64.extend_i32_u (i32.reinterpret_f32 (local.get $f))) (i32.const 4)))
  (func (export "putf64") (param $f f64)
    (call $outputByte (i32.const ${Mark.escape}))
    (call $outputByte (i32.const ${Mark.double}))
    (call $putBits (i64.reinterpret_f64 (local.get $f)) (i32.const 8)))
)`;
