//--param name world

function main({ name }) {
  console.log(`greeting ${name}`)
  return { greeting: `Hello, ${name}!` }
}
