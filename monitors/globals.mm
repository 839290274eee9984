// How often each global was read and written, by its index.
report var reads: map<u32, u64>;
report var writes: map<u32, u64>;

wasm:opcode:global.get:before {
    reads[imm0]++;
}

wasm:opcode:global.set:before {
    writes[imm0]++;
}
