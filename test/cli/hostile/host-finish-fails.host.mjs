export default (guest) => {
  const { exports } = guest.instantiate({});
  let result;
  return {
    call() {
      result = { text: exports.run() };
    },
    finish() {
      guest.write(1, result.text);
    },
  };
};
