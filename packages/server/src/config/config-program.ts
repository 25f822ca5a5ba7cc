import { Command } from 'commander'
import { openWhiskVariables } from '../environment.ts'

interface Flags {
  readonly config?: string
  readonly json?: true
}

export interface ConfigProgramOptions {
  readonly print: (line: string) => void
  /** Called before the work begins, which a signal should end at once. */
  readonly begin: () => void
}

/** `stemcell config …`: what a configuration says, without a server. */
export function configProgram({ print, begin }: ConfigProgramOptions): Command {
  const program = new Command('config').description('checks and shows configurations; starts nothing')
  program
    .command('check')
    .description('says what is wrong with a configuration, its adapters’ options included')
    .argument('[file]', 'JSON or YAML; default: none, so that only the environment is checked')
    .action(async (file: string | undefined) => {
      begin()
      const { readConfig } = await import('./read-config.ts')
      const { checkAdapters } = await import('./check-adapters.ts')
      const checked = await checkAdapters(readConfig(file, {}, openWhiskVariables()))
      print(`${file ?? 'the configuration'} is in order${checked.map((part) => `\n  ${part}`).join('')}`)
    })
  program
    .command('print')
    .description('shows a configuration with every default, and what the environment adds; secrets are left out')
    .argument('[file]', 'JSON or YAML; default: none')
    .option('--json', 'as JSON rather than YAML')
    .action(async (file: string | undefined, { json }: Flags) => {
      begin()
      const variables = openWhiskVariables()
      const { readConfig } = await import('./read-config.ts')
      const { openWhiskSettings } = await import('./openwhisk-settings.ts')
      const { withoutSecrets } = await import('./without-secrets.ts')
      const shown = withoutSecrets(readConfig(file, {}, variables))
      if (json) {
        print(JSON.stringify(shown, undefined, 2))
        return
      }
      const { stringify } = await import('yaml')
      const { used, unused } = openWhiskSettings(variables)
      for (const [variable, option] of used) print(`# ${option} is from ${variable}`)
      if (unused.length > 0) print(`# without a meaning here: ${unused.join(', ')}`)
      print(stringify(shown).trimEnd())
    })
  program
    .command('schema')
    .description('the JSON Schema of configuration files, for editors')
    .action(async () => {
      begin()
      const { configJsonSchema } = await import('./json-schema.ts')
      print(JSON.stringify(configJsonSchema(), undefined, 2))
    })
  return program
}
