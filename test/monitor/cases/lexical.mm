/* comments /* nest */ */ // and end with the line
var hex: u32 = 0xFF; var bin: u8 = 0B1010;
wasm:func:entry { }
var grouped: i64 = 1_000_000; var negative: i32 = -5; var bits: i32 = 0xFFFF0000;
var f: f32 = 1.5; var g: f64 = 1e3; var h: f64 = -2.; var i: f32 = inf; var j: f64 = -Infinity; var k: f32 = NaN;
var big: u64 = 18_446_744_073_709_551_615;
var text: str = "tab\t quote\" back\\ nul\0 \x41 \u{1F600} 😀";
var map1: bool = true; var iffy: i32; var returned: (i32, (u8, str));
var nested: map<(i32, bool), map<str, u64>>;
