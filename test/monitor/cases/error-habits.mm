// What people write who come from other languages.
report var n: u32; report var pairs: map<(str, u32), u32>; report var m: map<str>;
wasm:func:entry { for (;;) { n++; } n++; do { n++; } }
wasm:func:entry / fname = "x" / { if (n = 3) { } }
wasm:func:entry / fid == 1 and pc == 0 or fid === 2 / { }
wasm:func:entry / fid / { let x: u32 = 3; u32 k = 3; if (n) { } }
wasm:func:entry { pairs[(fname, fid as i32)]++; }
wasm:func:entry { n++; } }
wasm:func:exit { n++; }
