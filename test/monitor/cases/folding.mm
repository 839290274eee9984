// What is known at a place is computed there; what is not stays.
use lib;
report var total: u64 = 3;
var ready: bool = total > 2;
fn most(a: u32, b: u32) -> u32 { if (a > b) { return a; } else { return b; } }
wasm:opcode:call:before / fid == 7 && imm0 != 2 / { }
wasm:opcode:call(arg0: i32):before / fid == 7 && arg0 > 100 / { total = total + 1; }
wasm:opcode:call(arg0: i32):before / arg0 > 100 && fid == 7 / { }
wasm:opcode:call:before / true || true && false / { }
wasm:opcode:call:before / fname.starts_with("wo") && !fname.ends_with("x") && fname.len() == 4 / { }
wasm:opcode:i32.load:before { report var last: u32 = fid + 1; last = effective_addr; }
wasm:opcode:i32.load:before { if (is_write) { total = 1; } elif (fid == 7) { total = 2; return; } else { total = 3; } total = 9; }
wasm:opcode:br_table:before { report var hist: map<u32, u64>; hist[target]++; hist[9]--; }
wasm:opcode:memory.grow:after { if (failed) { total++; } }
wasm:func:entry { var x: u32 = fid == 7 ? pc : opidx; var t: (u32, str) = (x, fname); t.0 = t.0 + 1; }
wasm:func:entry / @static lib.check(fid as i32, 1) as bool / { @init lib.note(); lib.note(); }
wasm:func:exit { var q: u32 = most(fid, pc) / 0; var r: i32 = 7 / 2 * -2 % 4; var w: f64 = lib.weigh(1, 2.5); }
wasm:opcode:call_indirect:before { var k: i32 = resolved_fid; }
wasm:opcode:i64.extend_i32_u:before { var a: u64 = arg0 as u64; var b: i8 = 200 as i8; var c: u8 = ~1; var d: i32 = 1 << 33; }
