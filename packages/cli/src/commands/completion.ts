import type { Command } from 'commander'
import { usage } from './session.ts'

/** A script that makes a shell complete the commands and options of a program. @throws CommandEnd */
export function completionFor(shell: string, program: Command): string {
  const name = program.name()
  switch (shell) {
    case 'bash':
      return bash(name, program)
    case 'zsh':
      return `#compdef ${name}\nautoload -U +X bashcompinit && bashcompinit\n${bash(name, program)}`
    case 'fish':
      return fish(name, program)
    default:
      throw usage(`there is no completion for '${shell}': bash, zsh and fish have one`)
  }
}

/** Words that may follow each sequence of commands. */
function wordsByPath(program: Command): Map<string, string[]> {
  const found = new Map<string, string[]>()
  const visit = (command: Command, path: string): void => {
    const below = command.commands.map((one) => one.name())
    const options = command.options.filter(({ hidden }) => !hidden).flatMap(({ long }) => (long ? [long] : []))
    found.set(path, [...below, ...options, '--help'])
    for (const one of command.commands) visit(one, `${path} ${one.name()}`.trim())
  }
  visit(program, '')
  return found
}

function bash(name: string, program: Command): string {
  const words = wordsByPath(program)
  const cases = [...words].map(([path, next]) => `    '${path}') words='${next.join(' ')}' ;;`)
  const known = [...words.keys()].filter((path) => path !== '').map((path) => `'${path}'`)
  return `_${name}() {
  local path='' word words='' at
  for ((at = 1; at < COMP_CWORD; at++)); do
    word=\${COMP_WORDS[at]}
    case "\${path:+$path }$word" in
    ${known.join(' | ')}) path="\${path:+$path }$word" ;;
    esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
  [ \${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _${name} ${name}
`
}

function fish(name: string, program: Command): string {
  const lines: string[] = []
  const quoted = (text: string): string => `'${text.replaceAll("'", "\\'")}'`
  const visit = (command: Command, path: readonly string[]): void => {
    const below = command.commands.map((one) => one.name())
    const seen = path.map((word) => `__fish_seen_subcommand_from ${word}`)
    const none = below.length > 0 ? [`not __fish_seen_subcommand_from ${below.join(' ')}`] : []
    const when = [...seen, ...none].join('; and ')
    const condition = when === '' ? '' : ` -n ${quoted(when)}`
    for (const one of command.commands) {
      lines.push(`complete -c ${name} -f${condition} -a ${one.name()} -d ${quoted(one.description())}`)
    }
    for (const { long, description } of command.options) {
      if (long) lines.push(`complete -c ${name}${condition} -l ${long.slice(2)} -d ${quoted(description)}`)
    }
    for (const one of command.commands) visit(one, [...path, one.name()])
  }
  visit(program, [])
  return `${lines.join('\n')}\n`
}
