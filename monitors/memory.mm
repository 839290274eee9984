// Accesses to memory by kind of instruction, the bytes read and written, and the highest address.
report var accesses: map<str, u64>;
report var read: u64;
report var written: u64;
report var highest: u32;

wasm:opcode:*.load*|*.store*:before {
    accesses[opname]++;
    if (is_write) {
        written = written + data_size as u64;
    } else {
        read = read + data_size as u64;
    }
    if (effective_addr > highest) {
        highest = effective_addr;
    }
}
