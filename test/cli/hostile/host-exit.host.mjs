export default (guest) => {
  const { exports } = guest.instantiate({ wasi_snapshot_preview1: guest.wasi });
  return { call: () => exports.run() };
};
