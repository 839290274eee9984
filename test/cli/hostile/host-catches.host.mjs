export default (guest) => {
  const { exports } = guest.instantiate({});
  return {
    call() {
      for (let i = 0; i < 3; i++) {
        try {
          exports.run();
        } catch {}
      }
    },
  };
};
