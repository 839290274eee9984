javy-prof: cannot read the program export100.wasm: there is no such file
Command exited with non-zero status 2
0.75s 57336KB
