var x: u32;
wasm:func:entry { x += 1; while (true) { x++; } if (x > 1) { } else if (x > 2) { } }
wasm:func:entry { x = !!true; x = x as i32 as u8; x = (true ? 1 : 2); x = a ? b : c ? d : e; }
wasm:func:entry { x = 1 x++; }
wasm:func:entry { x; 5; var y; var z: int; report report var w: u32; }
use late;
wasm:a:b:c:d { }
fn f(a) { }
wasm:func:entry { x = -x; var if: u32; }
wasm:func:entry { if (x > 1 { } }
