function main({ item, currency }) {
  return { ordered: item, currency }
}
