report var n: u32;
wasm:func:entry { n = arg0; n = argc; m++; n = fidd; }
wasm:opcode:nop:before { n = arg0; n = imm0; }
unshared var early: u32; wasm:func:entry { early++; }
