// Fuel by function, without what the functions it called consumed.
report var fuel_by_function: map<(u32, str), u64>;
var mark: u64;
var depth: u32;
var stack: map<u32, (u32, str)>;

wasm:func:entry {
    fuel_by_function[stack[depth]] = fuel_by_function[stack[depth]] + (fuel - mark);
    mark = fuel;
    depth++;
    stack[depth] = (fid, fname);
}

wasm:func:exit {
    fuel_by_function[(fid, fname)] = fuel_by_function[(fid, fname)] + (fuel - mark);
    mark = fuel;
    depth--;
}
