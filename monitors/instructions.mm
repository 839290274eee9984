// How many instructions ran. Counted by straight runs, which is the same number at a fraction of the cost.
report var instructions: u64;

wasm:block:end {
    instructions = instructions + instr_count as u64;
}
