import { createInterface } from 'node:readline/promises'

export interface Terminal {
  readonly input: NodeJS.ReadStream
  readonly output: NodeJS.WriteStream
}

/** Asks a person for one of some names; an empty answer is the first. */
export async function askFor(
  question: string,
  choices: Readonly<Record<string, string>>,
  terminal: Terminal,
): Promise<string> {
  const names = Object.keys(choices)
  const list = names.map((name, index) => `  ${index + 1}  ${name.padEnd(18)}${choices[name] ?? ''}`.trimEnd())
  const lines = createInterface(terminal)
  // Whoever ends the input has chosen nothing.
  const ended = new Promise<undefined>((resolve) => lines.once('close', () => resolve(undefined)))
  try {
    for (;;) {
      const answer = await Promise.race([lines.question(`${question}\n${list.join('\n')}\n[1] `), ended])
      if (answer === undefined) throw new Error('nothing was chosen')
      const given = answer.trim()
      const found = given === '' ? names[0] : (names[Number(given) - 1] ?? names.find((name) => name === given))
      if (found !== undefined) return found
      terminal.output.write(`"${given}" is none of them.\n`)
    }
  } finally {
    lines.close()
  }
}

/** Asks for a text; an empty answer is the default. */
export async function askText(question: string, fallback: string, terminal: Terminal): Promise<string> {
  const lines = createInterface(terminal)
  try {
    return (await lines.question(`${question} [${fallback}] `)).trim() || fallback
  } finally {
    lines.close()
  }
}
