// run: javy-prof %s --max-fuel 500k
// exit: 1
function step(n) {
  return n + 1;
}
function spin() {
  for (let n = 0; ; ) n = step(n);
}
spin();
