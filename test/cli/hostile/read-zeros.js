// Reads a stdin that has no end.
// run: %s
// stdin: /dev/zero
// end: timeout
console.log(Javy.IO.readSync(0, new Uint8Array(9)));
