export default (guest) => {
  const { exports } = guest.instantiate({ javy_prof: { tick() {} } });
  return { call: () => exports.run() };
};
