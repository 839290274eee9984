/**
 * Writes a report as CSV to a file descriptor of WASI, in WebAssembly text: part of files that show their report
 * themselves. What it prints goes through the support library's printed text, behind what the script printed, and from
 * there in pieces through a corner of the program's memory that is put back afterwards. Whatever is not printable
 * ASCII is escaped (\x1b), and floats are hexadecimal, which is exact. report-rows.ts makes the rows that it reads.
 */
import { MapHeader, Mark } from "./layout.ts";

/** Bytes of the program's memory that one write takes: pointer and length of the text, their result, the text. */
const Piece = { text: 16, room: 4096 } as const;
const code = (char: string) => `(i32.const ${char.charCodeAt(0)})`;
const put = (text: string) => [...text].map((char) => `(call $putc ${code(char)})`).join(" ");
const send = (text: string) => [...text].map((char) => `(call $send ${code(char)})`).join(" ");

/** Letters of types: those of integers, with what brings a word into their range and prints it. */
const integers: Readonly<Record<string, string>> = {
  a: "(call $putu64 (i64.and (local.get $word) (i64.const 0xff)))",
  b: "(call $puti64 (i64.extend8_s (local.get $word)))",
  c: "(call $putu64 (i64.and (local.get $word) (i64.const 0xffff)))",
  d: "(call $puti64 (i64.extend16_s (local.get $word)))",
  u: "(call $putu64 (i64.and (local.get $word) (i64.const 0xffffffff)))",
  i: "(call $puti64 (i64.extend32_s (local.get $word)))",
  U: "(call $putu64 (local.get $word))",
  I: "(call $puti64 (local.get $word))",
  f: "(call $putf32 (f32.reinterpret_i32 (i32.wrap_i64 (local.get $word))))",
  F: "(call $putf64 (f64.reinterpret_i64 (local.get $word)))",
  r: "(call $puti64 (i64.sub (i64.extend32_s (local.get $word)) (i64.const 1)))",
  B: "(call $putbool (i32.wrap_i64 (local.get $word)))",
  s: "(call $putString (i32.wrap_i64 (local.get $word)))",
};

const leaves = Object.entries(integers)
  .map(([letter, print]) => `(if (i32.eq (local.get $letter) ${code(letter)}) (then ${print}))`)
  .join("\n    ");

export const reporterSource = `
(module
  (import "support" "memory" (memory 1))
  (import "support" "mem_alloc" (func $alloc (param i32) (result i32)))
  (import "support" "putc" (func $putc (param i32)))
  (import "support" "puts" (func $puts (param i32 i32)))
  (import "support" "putu64" (func $putu64 (param i64)))
  (import "support" "puti64" (func $puti64 (param i64)))
  (import "support" "putf32" (func $putf32 (param f32)))
  (import "support" "putf64" (func $putf64 (param f64)))
  (import "support" "putbool" (func $putbool (param i32)))
  (import "support" "str_addr" (func $address (param i32) (result i32)))
  (import "support" "str_len" (func $length (param i32) (result i32)))
  (import "support" "output_addr" (func $output (result i32)))
  (import "support" "output_len" (func $outputLength (result i32)))
  ;; The bits of a reported value, by its number.
  (import "program" "value" (func $value (param i32) (result i64)))
  ;; Between memories: from, at, to, into, length.
  (import "program" "copy" (func $copy (param i32 i32 i32 i32 i32)))
  (import "program" "fd_write" (func $fdWrite (param i32 i32 i32 i32) (result i32)))
  (global $programMemory (mut i32) (i32.const 0))
  (global $ownMemory (mut i32) (i32.const 0))
  (global $descriptor (mut i32) (i32.const 0))

  ;; ---- words of values: from an entry of a map, or by number

  (global $cursor (mut i32) (i32.const 0))
  (global $number (mut i32) (i32.const 0))
  (func $next (result i64)
    (if (global.get $cursor)
      (then
        (global.set $cursor (i32.add (global.get $cursor) (i32.const 8)))
        (return (i64.load (i32.sub (global.get $cursor) (i32.const 8))))))
    (global.set $number (i32.add (global.get $number) (i32.const 1)))
    (call $value (i32.sub (global.get $number) (i32.const 1))))

  ;; In a quoted cell: quotes are doubled.
  (func $putString (param $string i32)
    (local $at i32) (local $end i32) (local $byte i32)
    (local.set $at (call $address (local.get $string)))
    (local.set $end (i32.add (local.get $at) (call $length (local.get $string))))
    (block $done
      (loop $more
        (br_if $done (i32.eq (local.get $at) (local.get $end)))
        (local.set $byte (i32.load8_u (local.get $at)))
        ;; A line break in text stays in its line.
        (if (i32.eq (local.get $byte) (i32.const 10)) (then ${put("\\n")})
          (else
            (if (i32.eq (local.get $byte) ${code('"')}) (then (call $putc ${code('"')})))
            (call $putc (local.get $byte))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $more))))

  ;; Behind the map type whose < stands at $at.
  (func $skipMap (param $at i32) (result i32)
    (local $depth i32) (local $letter i32)
    (loop $more
      (local.set $letter (i32.load8_u (local.get $at)))
      (local.set $depth (i32.sub
        (i32.add (local.get $depth) (i32.eq (local.get $letter) ${code("<")}))
        (i32.eq (local.get $letter) ${code(">")})))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $more (local.get $depth)))
    (local.get $at))

  (func $putMap (param $type i32) (param $map i32)
    (local $i i32) (local $saved i32) (local $stride i32)
    (if (i32.eqz (local.get $map)) (then (return)))
    (local.set $saved (global.get $cursor))
    (local.set $stride (i32.shl (i32.add (i32.load offset=${MapHeader.keyWords} (local.get $map)) (i32.load offset=${MapHeader.valueWords} (local.get $map))) (i32.const 3)))
    (block $done
      (loop $more
        (br_if $done (i32.eq (local.get $i) (i32.load offset=${MapHeader.count} (local.get $map))))
        (if (local.get $i) (then ${put(";")}))
        (global.set $cursor (i32.add (i32.load offset=${MapHeader.entries} (local.get $map)) (i32.mul (local.get $i) (local.get $stride))))
        (call $arrowTo (call $show (i32.add (local.get $type) (i32.const 1))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $more)))
    (global.set $cursor (local.get $saved)))

  (func $arrowTo (param $type i32)
    ${put("->")}
    (drop (call $show (local.get $type))))

  ;; Prints the value of the type at $type; gives what is behind the type.
  (func $show (param $type i32) (result i32)
    (local $letter i32) (local $word i64)
    (local.set $letter (i32.load8_u (local.get $type)))
    (if (i32.eq (local.get $letter) ${code("(")})
      (then
        ${put("(")}
        (local.set $type (i32.add (local.get $type) (i32.const 1)))
        (block $done
          (loop $more
            (br_if $done (i32.eq (i32.load8_u (local.get $type)) ${code(")")}))
            (local.set $type (call $show (local.get $type)))
            (if (i32.ne (i32.load8_u (local.get $type)) ${code(")")}) (then ${put("; ")}))
            (br $more)))
        ${put(")")}
        (return (i32.add (local.get $type) (i32.const 1)))))
    (local.set $word (call $next))
    (if (i32.eq (local.get $letter) ${code("<")})
      (then
        (call $putMap (local.get $type) (i32.wrap_i64 (local.get $word)))
        (return (call $skipMap (local.get $type)))))
    ${leaves}
    (i32.add (local.get $type) (i32.const 1)))

  ;; ---- from printed text to the file descriptor

  (global $piece (mut i32) (i32.const 0))
  (global $saved (mut i32) (i32.const 0))
  (global $filled (mut i32) (i32.const 0))

  (func $write
    (local $from i32) (local $wrote i32)
    (call $copy (global.get $programMemory) (i32.const 0) (global.get $ownMemory) (global.get $saved) (i32.const ${Piece.text + Piece.room}))
    (block $done
      (loop $more
        (br_if $done (i32.ge_u (local.get $from) (global.get $filled)))
        (i32.store (global.get $piece) (i32.add (i32.const ${Piece.text}) (local.get $from)))
        (i32.store offset=4 (global.get $piece) (i32.sub (global.get $filled) (local.get $from)))
        (call $copy (global.get $ownMemory) (global.get $piece) (global.get $programMemory) (i32.const 0) (i32.const ${Piece.text + Piece.room}))
        (br_if $done (call $fdWrite (global.get $descriptor) (i32.const 0) (i32.const 1) (i32.const 8)))
        (call $copy (global.get $programMemory) (i32.const 8) (global.get $ownMemory) (i32.add (global.get $piece) (i32.const 8)) (i32.const 4))
        (local.set $wrote (i32.load offset=8 (global.get $piece)))
        (br_if $done (i32.eqz (local.get $wrote)))
        (local.set $from (i32.add (local.get $from) (local.get $wrote)))
        (br $more)))
    (call $copy (global.get $ownMemory) (global.get $saved) (global.get $programMemory) (i32.const 0) (i32.const ${Piece.text + Piece.room}))
    (global.set $filled (i32.const 0)))

  (func $send (param $byte i32)
    (if (i32.eq (global.get $filled) (i32.const ${Piece.room})) (then (call $write)))
    (i32.store8 offset=${Piece.text} (i32.add (global.get $piece) (global.get $filled)) (local.get $byte))
    (global.set $filled (i32.add (global.get $filled) (i32.const 1))))

  (func $sendDigit (param $digit i32)
    (call $send (i32.add (local.get $digit) (select (i32.const 48) (i32.const 87) (i32.lt_u (local.get $digit) (i32.const 10))))))

  (func $sendDecimal (param $n i32)
    (if (i32.ge_u (local.get $n) (i32.const 10)) (then (call $sendDecimal (i32.div_u (local.get $n) (i32.const 10)))))
    (call $sendDigit (i32.rem_u (local.get $n) (i32.const 10))))

  ;; As C's %a.
  (func $sendFloat (param $f f64)
    (local $bits i64) (local $rest i64) (local $exponent i32)
    (local.set $bits (i64.reinterpret_f64 (local.get $f)))
    (local.set $rest (i64.and (local.get $bits) (i64.const 0xfffffffffffff)))
    (local.set $exponent (i32.and (i32.wrap_i64 (i64.shr_u (local.get $bits) (i64.const 52))) (i32.const 0x7ff)))
    (if (f64.ne (local.get $f) (local.get $f)) (then ${send("nan")} (return)))
    (if (i64.lt_s (local.get $bits) (i64.const 0)) (then ${send("-")}))
    (if (i32.eq (local.get $exponent) (i32.const 0x7ff)) (then ${send("inf")} (return)))
    ${send("0x")}
    (call $sendDigit (i32.ne (local.get $exponent) (i32.const 0)))
    (if (i64.ne (local.get $rest) (i64.const 0)) (then ${send(".")}))
    (block $done
      (loop $more
        (br_if $done (i64.eqz (local.get $rest)))
        (call $sendDigit (i32.wrap_i64 (i64.shr_u (local.get $rest) (i64.const 48))))
        (local.set $rest (i64.and (i64.shl (local.get $rest) (i64.const 4)) (i64.const 0xfffffffffffff)))
        (br $more)))
    ${send("p")}
    (if (f64.eq (local.get $f) (f64.const 0)) (then ${send("+0")} (return)))
    (local.set $exponent (i32.sub (select (local.get $exponent) (i32.const 1) (local.get $exponent)) (i32.const 1023)))
    (call $send (select ${code("-")} ${code("+")} (i32.lt_s (local.get $exponent) (i32.const 0))))
    (call $sendDecimal (select (i32.sub (i32.const 0) (local.get $exponent)) (local.get $exponent) (i32.lt_s (local.get $exponent) (i32.const 0)))))

  ;; Printable ASCII and line breaks as they are.
  (func $sendByte (param $byte i32)
    (if (i32.or (i32.eq (local.get $byte) (i32.const 10)) (i32.lt_u (i32.sub (local.get $byte) (i32.const 32)) (i32.const 95)))
      (then (call $send (local.get $byte)) (return)))
    ${send("\\x")}
    (call $sendDigit (i32.shr_u (local.get $byte) (i32.const 4)))
    (call $sendDigit (i32.and (local.get $byte) (i32.const 15))))

  (func $sendOutput
    (local $at i32) (local $end i32) (local $mark i32)
    (local.set $at (call $output))
    (local.set $end (i32.add (local.get $at) (call $outputLength)))
    (block $done
      (loop $more
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (if (i32.eq (i32.load8_u (local.get $at)) (i32.const ${Mark.escape}))
          (then
            (local.set $mark (i32.load8_u offset=1 (local.get $at)))
            (local.set $at (i32.add (local.get $at) (i32.const 2)))
            (if (i32.eq (local.get $mark) (i32.const ${Mark.itself})) (then (call $sendByte (i32.const ${Mark.escape}))))
            (if (i32.eq (local.get $mark) (i32.const ${Mark.single}))
              (then
                (call $sendFloat (f64.promote_f32 (f32.load align=1 (local.get $at))))
                (local.set $at (i32.add (local.get $at) (i32.const 4)))))
            (if (i32.eq (local.get $mark) (i32.const ${Mark.double}))
              (then
                (call $sendFloat (f64.load align=1 (local.get $at)))
                (local.set $at (i32.add (local.get $at) (i32.const 8))))))
          (else
            (call $sendByte (i32.load8_u (local.get $at)))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))))
        (br $more)))
    (call $write))

  ;; Rows as report-rows.ts makes them; a quote in front of a type: the cell is quoted.
  (func (export "report") (param $at i32) (param $length i32) (param $program i32) (param $own i32) (param $to i32)
    (local $end i32) (local $size i32) (local $quoted i32)
    (global.set $programMemory (local.get $program))
    (global.set $ownMemory (local.get $own))
    (global.set $descriptor (local.get $to))
    (global.set $piece (call $alloc (i32.const ${Piece.text + Piece.room})))
    (global.set $saved (call $alloc (i32.const ${Piece.text + Piece.room})))
    (local.set $end (i32.add (local.get $at) (local.get $length)))
    (block $done
      (loop $more
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (global.set $number (i32.load align=1 (local.get $at)))
        (local.set $size (i32.load offset=4 align=1 (local.get $at)))
        (call $puts (i32.add (local.get $at) (i32.const 8)) (local.get $size))
        (local.set $at (i32.add (i32.add (local.get $at) (i32.const 8)) (local.get $size)))
        (local.set $quoted (i32.eq (i32.load8_u (local.get $at)) ${code('"')}))
        (local.set $at (i32.add (local.get $at) (local.get $quoted)))
        (if (local.get $quoted) (then ${put('"')}))
        ;; A lone line break: no value.
        (if (i32.ne (i32.load8_u (local.get $at)) (i32.const 10)) (then (local.set $at (call $show (local.get $at)))))
        (if (local.get $quoted) (then ${put('"')}))
        (call $putc (i32.const 10))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $more)))
    (call $sendOutput))
)`;
