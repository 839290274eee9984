// Which JavaScript function called which, and how often; --format dot draws it. Empty: the engine, or the job queue.
report var calls: map<(str, str), u64>;

js:func:entry / resumed == false / {
    calls[(caller, fname)]++;
}
