// Which properties of JavaScript objects are read and written by name, and how often.
report var reads: map<str, u64>;
report var writes: map<str, u64>;

js:opcode:get_field|get_field2|get_length:before {
    if (opname == "get_length") { reads["length"]++; } else { reads[atom]++; }
}

js:opcode:put_field|define_field:before {
    writes[atom]++;
}
