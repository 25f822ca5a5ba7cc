import { parseArgs } from 'node:util'
import { CreateError } from './create-error.ts'
import { isSpi, isTemplate, SPIS, TEMPLATES, type Spi, type TemplateName } from './templates.ts'

export interface CommandLine {
  readonly folder: string | undefined
  readonly template: TemplateName | undefined
  readonly spi: Spi | undefined
  readonly name: string | undefined
  readonly install: boolean
  /** Run the tests of the project once it is there. */
  readonly test: boolean
  readonly help: boolean
}

export const HELP = `npm create stemcell [folder] -- [options]

  --template NAME   ${Object.entries(TEMPLATES)
    .map(([name, purpose]) => `${name}: ${purpose}`)
    .join('\n                    ')}
  --spi NAME        of an adapter: ${Object.keys(SPIS).join(', ')}
  --name NAME       of the package; default: the name of the folder
  --no-install      only write the files
  --test            also run the tests of the new project
  --help            show this
`

/** @throws CreateError an option that there is none of, or a value that it does not take. */
export function readCommandLine(args: readonly string[]): CommandLine {
  const { values, positionals } = parsed(args)
  if (positionals.length > 1)
    throw new CreateError(`one folder is made, not ${positionals.length}: ${positionals.join(', ')}`)
  const { template, spi, name } = values
  if (template !== undefined && !isTemplate(template)) {
    throw new CreateError(`there is no template "${template}": choose ${Object.keys(TEMPLATES).join(', ')}`)
  }
  if (spi !== undefined && !isSpi(spi)) {
    throw new CreateError(`there is no contract "${spi}": choose ${Object.keys(SPIS).join(', ')}`)
  }
  if (spi !== undefined && template !== undefined && template !== 'adapter') {
    throw new CreateError('--spi goes with --template adapter')
  }
  return {
    folder: positionals[0],
    template: template ?? (spi === undefined ? undefined : 'adapter'),
    spi,
    name,
    install: !values['no-install'],
    test: values.test,
    help: values.help,
  }
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        template: { type: 'string' },
        spi: { type: 'string' },
        name: { type: 'string' },
        'no-install': { type: 'boolean', default: false },
        test: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
  } catch (cause) {
    throw new CreateError(`${cause instanceof Error ? cause.message : String(cause)}\n\n${HELP}`, { cause })
  }
}
