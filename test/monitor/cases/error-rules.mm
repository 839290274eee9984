wsam:func:entry { }
wasm:opcodes:call:before { }
wasm:opcode:cal:before { }
wasm:opcode:call:befor { }
wasm:opcode:br_if:semantic_after { }
wasm:opcode:call { }
wasm:func:entry:before { }
wasm:opcode:[ab:before { }
wasm:opcode:call||br:before { }
wasm:start { }
wasm { }
wasm:opcode:call(argument: i32):before { }
wasm:opcode:call(arg0: i32, arg0: i64):before { }
wasm:opcode:call(arg0: str):before { }
