// Loaded before anything else.

// The heap got its limits when it was made and keeps them; but as long as the flags differ from their defaults, V8
// refuses the code cache that Node.js brings for its own modules, and a start takes a third longer.
for (const flag of ['--max-semi-space-size=0', '--max-old-space-size=0']) {
  process.getBuiltinModule('node:v8').setFlagsFromString(flag)
}

// Node.js opens its own descriptors so that they do not outlive an exec, and gives a child four. Whatever else has no
// such mark came with this process: files of the platform's database, for one, which no action is to have.
{
  const GIVEN = 4
  const CLOSE_ON_EXEC = 0o2000000
  const { closeSync, existsSync, readdirSync, readFileSync } = process.getBuiltinModule('node:fs')
  const folder = '/proc/self/fdinfo'
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const fd = Number(name)
    if (fd < GIVEN) continue
    try {
      const flags = /^flags:\s+([0-7]+)$/m.exec(readFileSync(`${folder}/${name}`, 'latin1'))?.[1]
      if (flags !== undefined && (parseInt(flags, 8) & CLOSE_ON_EXEC) === 0) closeSync(fd)
    } catch {
      // The one that the folder was read with is gone by now.
    }
  }
}
