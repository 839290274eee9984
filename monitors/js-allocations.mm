// Memory that the engine asked its allocator for, by JavaScript function: how often, and how many bytes. Empty: no function ran.
report var times: map<str, u64>;
report var bytes_asked: map<str, u64>;

js:alloc {
    times[fname]++;
    bytes_asked[fname] = bytes_asked[fname] + bytes as u64;
}
