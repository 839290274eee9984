// Conditional branches: how often each was met and taken; for tables, how often each label was.
wasm:opcode:br_if:before {
    report var taken: u64;
    report var total: u64;
    total++;
    if (arg0 != 0) {
        taken++;
    }
}

wasm:opcode:if:before {
    report var taken: u64;
    report var total: u64;
    total++;
    if (arg0 != 0) {
        taken++;
    }
}

wasm:opcode:br_table:before {
    report var labels: map<u32, u64>;
    labels[target]++;
}
