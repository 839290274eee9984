// Which imported functions were called, and from how many places.
report var calls: map<(str, str), u64>;

wasm:opcode:call|return_call:before / target_fn_type == "import" / {
    report var times: u64;
    times++;
    calls[(target_imp_module, target_fn_name)]++;
}
