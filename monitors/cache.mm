// What a direct-mapped cache of 32 KiB with lines of 64 bytes would have done, place by place.
// `lines` holds for each of the 512 lines which part of memory is in it, plus one.
var lines: map<u32, u32>;

wasm:opcode:*.load*|*.store*:before {
    report var hits: u64;
    report var misses: u64;
    var part: u32 = (effective_addr >> 6) + 1;
    var line: u32 = (effective_addr >> 6) % 512;
    if (lines[line] == part) {
        hits++;
    } else {
        misses++;
        lines[line] = part;
    }
}
