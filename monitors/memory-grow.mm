// Where memory was grown: how often, by how many pages, and how often that failed.
wasm:opcode:memory.grow:after {
    report var grown: u32;
    report var pages: u32;
    report var failures: u32;
    if (failed) {
        failures++;
    } else {
        grown++;
        pages = pages + arg0;
    }
}
