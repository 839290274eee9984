// How often each straight run of instructions began: where the program spends its time.
wasm:block:start {
    report var times: u64;
    times++;
}
