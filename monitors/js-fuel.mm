// Fuel by JavaScript function, without what the functions it called consumed: the profile itself.
report var outside: u64;
report var fuel_by_function: map<(u32, str), u64>;
var mark: u64;
var running: map<u32, (u32, str)>;

js:func:entry {
    if (depth == 1) {
        outside = outside + (fuel - mark);
    } else {
        fuel_by_function[running[depth - 1]] = fuel_by_function[running[depth - 1]] + (fuel - mark);
    }
    mark = fuel;
    running[depth] = (fid, fname);
}

js:func:exit {
    fuel_by_function[(fid, fname)] = fuel_by_function[(fid, fname)] + (fuel - mark);
    mark = fuel;
}
