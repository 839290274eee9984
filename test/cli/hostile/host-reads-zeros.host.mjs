export default (guest) => {
  const { exports } = guest.instantiate({ host: { read: () => void guest.stdin() } });
  return { call: () => exports.run() };
};
