// A library that nobody gave is one problem; functions of one are not called by their name alone.
use nowhere; use lib;
report var n: i32;
fn text() -> str { return "x"; }
wasm:func:entry { nowhere.a(); n = nowhere.b(1); nothing.c(); check(1, 2); lib.check(1); }
wasm:func:entry { puts("x"); stop(); print_map(n); text(1); }
