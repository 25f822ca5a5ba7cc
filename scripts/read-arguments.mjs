// What the commands of the repository are told on the command line. `--help` shows how they are used, and so does what
// they do not understand.
import { parseArgs } from 'node:util'

/** As `parseArgs` returns it. Ends the process with 0 after `--help`, and with 2 when an option is unknown. */
export function readArguments(usage, options, { positionals = false } = {}) {
  try {
    const read = parseArgs({
      options: { ...options, help: { type: 'boolean', short: 'h' } },
      allowPositionals: positionals,
    })
    if (!read.values.help) return read
  } catch (error) {
    refuseArguments(error.message, usage)
  }
  console.log(`usage: ${usage}`)
  process.exit(0)
}

export function refuseArguments(why, usage) {
  console.error(`${why}\nusage: ${usage}`)
  process.exit(2)
}

/** @returns the number of an option; ends the process with 2 when it is none from `least` to `most`. */
export function numberOf(name, text, usage, { least, most = Number.MAX_SAFE_INTEGER, whole = true }) {
  const number = Number(text)
  if (text.trim() === '' || !(number >= least && number <= most) || (whole && !Number.isInteger(number))) {
    refuseArguments(`--${name} is '${text}': give a ${whole ? 'whole ' : ''}number from ${least} to ${most}`, usage)
  }
  return number
}
