// Which of the engine's own functions are passed strings of more than 1 kB as their first argument, from where, and the longest.
report var calls: map<(str, str, u32), u64>;
report var longest: map<str, i32>;

js:builtin:entry {
    if (arg0_bytes > 1024) {
        calls[(fname, caller_file, caller_line)]++;
        if (arg0_bytes > longest[fname]) {
            longest[fname] = arg0_bytes;
        }
    }
}
