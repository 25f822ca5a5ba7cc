/** Options of `wsk` that take a key and a value, as two words. */
const PAIRS = new Set(['-p', '--param', '-a', '--annotation', '--feed-param', '-F', '--trigger-param', '-T'])
/** Between a key and its value. No argument of a process can have it in it. */
export const PAIR_END = '\0'

/** The commands that `wsk` has, too. */
const COMMANDS = new Set([
  'action',
  'activation',
  'api',
  'invoke',
  'list',
  'logs',
  'namespace',
  'package',
  'rule',
  'trigger',
])
/** What `wsk` takes before a command as well: how many words, and whether it means anything here. */
const GLOBALS: Readonly<Record<string, { readonly words: number; readonly kept: boolean }>> = {
  '--apihost': { words: 2, kept: true },
  '-u': { words: 2, kept: true },
  '--auth': { words: 2, kept: true },
  '-i': { words: 1, kept: true },
  '--insecure': { words: 1, kept: true },
  '-v': { words: 1, kept: false },
  '--verbose': { words: 1, kept: false },
  '-d': { words: 1, kept: false },
  '--debug': { words: 1, kept: false },
}

/** Arguments as only `wsk` parses them: keys with their values become one word, global flags go behind the command. */
export function joinValues(given: readonly string[]): string[] {
  const args = behindCommand(given)
  if (!COMMANDS.has(args[0] ?? '')) return [...given]
  const joined: string[] = []
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!
    if (arg === '--') return [...joined, ...args.slice(at)]
    if (!PAIRS.has(arg)) joined.push(arg)
    else {
      const [key, value] = [args[at + 1], args[at + 2]]
      at += 2
      // What is missing is said by the command.
      joined.push(arg, [key, value].filter((part) => part !== undefined).join(PAIR_END))
    }
  }
  return joined
}

function behindCommand(args: readonly string[]): readonly string[] {
  const before: string[] = []
  let at = 0
  for (;;) {
    const [flag = ''] = args[at]?.split('=', 1) ?? []
    const known = Object.hasOwn(GLOBALS, flag) ? GLOBALS[flag] : undefined
    if (!known) break
    const words = args[at] === flag ? known.words : 1
    if (known.kept) before.push(...args.slice(at, at + words))
    at += words
  }
  const rest = args.slice(at)
  // Below a command there are commands: flags go behind both.
  return at === 0 ? args : [...rest, ...before]
}
