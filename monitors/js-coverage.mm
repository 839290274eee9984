// Coverage of JavaScript by line and function; --format lcov writes it for other tools.
js:line:start {
    report var hits: u64;
    hits++;
}

js:func:entry / resumed == false / {
    report var calls: u64;
    calls++;
}
