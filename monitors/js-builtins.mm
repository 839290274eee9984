// Which of the engine's own functions are called, how often, and from which lines.
report var calls: map<(str, str, u32), u64>;

js:builtin:entry {
    report var count: u64;
    count++;
    calls[(fname, caller_file, caller_line)]++;
}
