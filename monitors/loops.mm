// How often each loop was begun, and how many turns it made.
wasm:opcode:loop:before {
    report var begun: u64;
    begun++;
}

wasm:opcode:loop:entry {
    report var turns: u64;
    turns++;
}
