// run: javy-prof %s --top 1
await new Promise(() => {});
console.log("never");
