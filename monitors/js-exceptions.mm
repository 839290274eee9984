// Exceptions of JavaScript, by what is thrown: at each place how many, and of which class in which function. Caught ones, too.
report var classes: map<(str, str), u64>;

js:throw {
    report var thrown: u64;
    thrown++;
    classes[(fname, class)]++;
}
