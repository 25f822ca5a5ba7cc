function main({ words }) {
  return { count: words.length }
}
