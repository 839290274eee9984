// run: javy-prof %s --frames engine --top 5 --sort total
function words(text) {
  return text.split(/ /).sort();
}
console.log(words("the quick brown fox").join());
