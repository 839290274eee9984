// QuickJS in a Javy module: calls of its interpreter, and which bytecodes it dispatched, by the label of its table.
wasm:func:entry / fname == "JS_CallInternal" / {
    report var entered: u64;
    entered++;
}

wasm:func:exit / fname == "JS_CallInternal" / {
    report var left: u64;
    left++;
}

wasm:opcode:br_table:before / fname == "JS_CallInternal" && num_targets >= 200 / {
    report var dispatched: u64;
    report var labels: map<u32, u64>;
    dispatched++;
    labels[target]++;
}
