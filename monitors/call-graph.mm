// Who called whom, and how often, by function index; -1 is a function that the table was given later.
report var edges: map<(u32, i32), u64>;

wasm:opcode:call|return_call:before {
    edges[(fid, imm0 as i32)]++;
}

wasm:opcode:call_indirect|return_call_indirect:before {
    edges[(fid, resolved_fid)]++;
}
