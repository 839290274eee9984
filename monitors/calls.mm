// How often each function was entered, and left by any way but a trap or an exception.
wasm:func:entry {
    report var entered: u64;
    entered++;
}

wasm:func:exit {
    report var left: u64;
    left++;
}
