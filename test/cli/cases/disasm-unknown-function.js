// run: javy-prof disasm %s --function nobody
// exit: 2
export const somebody = () => {};
