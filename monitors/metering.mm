// Fuel by function, without what the functions it called consumed.
report var fuel_by_function: map<str, u64>;
var mark: u64;
var depth: u32;
var names: map<u32, str>;

wasm:func:entry {
    fuel_by_function[names[depth]] = fuel_by_function[names[depth]] + (fuel - mark);
    mark = fuel;
    depth++;
    names[depth] = fname;
}

wasm:func:exit {
    fuel_by_function[fname] = fuel_by_function[fname] + (fuel - mark);
    mark = fuel;
    depth--;
}
