function main() {
  return { up: true }
}
