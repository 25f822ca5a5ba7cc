function main({ text = 'one two' }) {
  return { words: text.split(' ') }
}
