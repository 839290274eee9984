// Globs in every part, alternatives, empty parts, any case, modes of each kind, bounds on any part.
wasm:opcode:*load8*|*store:before { }
WASM:Opcode:I32.CONST:Before { }
wasm : opcode : call|return_call : alt { }
wasm:opcode:br_?f:at_target { }
:opcode:i32.[gl]t_[!s]:before { }
wasm::br:* { }
wasm:opcode:block:exit { }
wasm:opcode:loop:entry { }
wasm:func:entry { }
wasm:func:* { }
wasm:block:end / instr_count > 5 / { }
wasm:report { }
wasm:begin { }
wasm(local0: i32):opcode:call(arg0: i32, arg1: f64):before / local0 > arg0 / { }
wasm:opcode:v128.load:before / addr > 4 / { }
wasm:opcode:rethrow:before { }
