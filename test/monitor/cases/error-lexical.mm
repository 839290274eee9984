wasm:func:entry { var a: i32 = 010; }
wasm:func:entry { var b: str = 'x'; }
wasm:func:entry { var c: str = "\q"; var ok: i32; var d: i32 = 12ab; }
wasm:func:entry { var e: i32 = § 1; }
wasm:func:entry { var s: str = "not closed; }
