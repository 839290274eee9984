// Which straight runs were reached at all.
wasm:block:start {
    report var reached: bool;
    reached = true;
}
