/** Options of `wsk` that take a key and a value, as two words. */
const PAIRS = new Set(['-p', '--param', '-a', '--annotation', '--feed-param', '-F', '--trigger-param', '-T'])
/** Between a key and its value. No argument of a process can have it in it. */
export const PAIR_END = '\0'

/** The commands that have such options. */
const COMMANDS = new Set(['action', 'trigger', 'rule', 'package', 'api', 'invoke', 'activation'])

/** Makes one word of each key and its value, as only `wsk` parses them. */
export function joinValues(args: readonly string[]): string[] {
  if (!COMMANDS.has(args[0] ?? '')) return [...args]
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
