// Loaded before anything else. The heap got its limits when it was made and keeps them; but as long as the flags
// differ from their defaults, V8 refuses the code cache that Node.js brings for its own modules, and a start takes a
// third longer.
for (const flag of ['--max-semi-space-size=0', '--max-old-space-size=0']) {
  process.getBuiltinModule('node:v8').setFlagsFromString(flag)
}
