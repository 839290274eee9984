use lib;
use nowhere;
var n: u32; var n: i32; var small: u8 = 300; var m: map<u32, u32>; var mm: map<map<u32, u32>, u32>; var bad: (map<u32, u32>, u32);
report var s: str = 5;
fn f(a: u32) -> u32 { }
fn g(a: u32) -> u32 { return "a"; }
fn f() { return 1; }
wasm:opcode:call:before { var i: i32 = imm0; arg0 = 1; n = arg0; n = local0; n = res0; nn++; }
wasm:opcode:*load*:after { var q: i32 = res0; }
wasm:opcode:call:before / fid / { n = true; if (n) { } n = n + 1.5; n = n && true; n = s.size(); n = n.len(); }
wasm:opcode:call:before { report var fixed: u32 = n; var later: u32; report var r: u32 = later; }
wasm:opcode:br_if:before { report var r: u32 = arg0; var pc: u32; var arg3: u32; return 1; }
wasm:opcode:br_if:before { m = m; m[true] = 1; m[1] = "x"; s++; n.0 = 1; f(1, 2); g("x"); h(); lib.nothing(); other.f(); lib.check(1); }
wasm:opcode:br_if:before { alt_call_by_id(1); drop_args(1); resolve_funcref(1, 2); memid(cache); read_str("a", 1, 2); }
wasm:opcode:call:before { alt_call_by_id(1); }
wasm:opcode:memory.grow:before / failed / { }
