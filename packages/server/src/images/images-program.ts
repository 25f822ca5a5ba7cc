import { PlatformError } from '@stemcell/core'
import type { BuiltImage, EngineName, ImageDefinition } from '@stemcell/images'
import { Command, Option } from 'commander'
import { userRuntimeFolder } from '../environment.ts'

interface BuildFlags {
  readonly engine: EngineName
  readonly socket?: string
  readonly output?: string
  readonly node?: string
  readonly prefix: string
  readonly tag?: readonly string[]
}

export interface ImagesProgramOptions {
  readonly print: (line: string) => void
  /** Called before the work begins, which a signal should end at once. */
  readonly begin: () => void
}

/** `stemcell images …`: the images that containers of Docker and Podman are made from. */
export function imagesProgram({ print, begin }: ImagesProgramOptions): Command {
  const program = new Command('images').description('images of the action runtimes, made on this machine')
  program
    .command('build')
    .description('makes images from the programs of this machine and gives them to an engine; no registry is needed')
    .argument('[image...]', 'e.g. action-nodejs; default: all of `stemcell images list`')
    .addOption(new Option('--engine <name>', 'who gets them').choices(['docker', 'podman']).default('docker'))
    .option('--socket <path>', 'unix socket of the engine, when it is not at its usual place')
    .option('--output <folder>', 'write archives for `docker load` and `podman load` instead, to be carried elsewhere')
    .option('--from-host', 'from the programs of this machine, which is what is always done')
    .option('--node <path>', 'the Node.js program to put in (default: the one that runs this command)')
    .option('--prefix <name>', 'prefix of the image names', 'stemcell')
    .option('--tag <tag...>', 'further tags, to let this version stand in for another')
    .action(async (names: readonly string[], flags: BuildFlags) => {
      begin()
      await build(names, flags, print)
    })
  program
    .command('list')
    .description('what can be built')
    .action(async () => {
      const { imageDefinitions } = await import('@stemcell/images')
      for (const { name, summary } of imageDefinitions) print(`${name}  ${summary}`)
    })
  return program
}

async function build(names: readonly string[], flags: BuildFlags, print: (line: string) => void): Promise<void> {
  const { buildImage, engineSocket, imageDefinitions } = await import('@stemcell/images')
  const { engine, output, prefix, tag = [], node } = flags
  const chosen = names.length === 0 ? imageDefinitions : names.map((name) => find(name, imageDefinitions))
  const socket = output === undefined ? (flags.socket ?? engineSocket(engine, userRuntimeFolder())) : ''
  for (const definition of chosen) {
    const built: BuiltImage = await buildImage(definition, {
      to: output === undefined ? { socket } : { file: `${output}/${definition.name}.tar` },
      prefix,
      tags: tag,
      ...(node !== undefined && definition.name === 'action-nodejs' && { program: node }),
    })
    const megabytes = Math.round(built.bytes / 1_000_000)
    print(`${built.names.join(', ')}  ${built.id.slice(0, 19)}  ${megabytes} MB`)
  }
}

function find(name: string, definitions: readonly ImageDefinition[]): ImageDefinition {
  const found = definitions.find((definition) => definition.name === name.replace(/^.*\//, '').replace(/:.*$/, ''))
  if (found) return found
  const known = definitions.map((definition) => definition.name).join(', ')
  throw new PlatformError('ERR_CONFIG', `images build: there is no image ${name}; known: ${known}`)
}
