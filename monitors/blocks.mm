// How often each straight run ended, and the instructions that ran in it.
wasm:block:end {
    report var times: u64;
    report var instructions: u64;
    times++;
    instructions = instructions + instr_count as u64;
}
