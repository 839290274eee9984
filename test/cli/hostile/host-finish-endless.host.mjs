export default (guest) => {
  const { exports } = guest.instantiate({});
  return { call: () => exports.run(), finish: () => exports.run() };
};
