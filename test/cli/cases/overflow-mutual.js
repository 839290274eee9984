// run: javy-prof %s --quiet
// exit: 3
function ping(n) {
  return pong(n + 1) + 1;
}
function pong(n) {
  return ping(n + 1) + 1;
}
function start() {
  return ping(0);
}
start();
