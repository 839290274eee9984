// How often each instruction ran.
report var opcodes: map<str, u64>;

wasm:opcode:*:before {
    opcodes[opname]++;
}
