// How often each branch of JavaScript is taken.
js:opcode:if_true*|if_false*:after {
    report var taken: u64;
    report var total: u64;
    total++;
    if (next as i64 == imm0) { taken++; }
}
