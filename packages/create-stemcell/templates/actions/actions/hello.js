// Answers a greeting.
function main({ name = 'stranger' }) {
  return { greeting: `Hello, ${name}` }
}

exports.main = main
