import { isPlatformError, PlatformError } from '@stemcell/core'
import type { BuiltImage, EngineName, ImageDefinition, PlannedImage, PlanOptions } from '@stemcell/images'
import { Command, Option } from 'commander'
import { mkdirSync } from 'node:fs'
import { userRuntimeFolder } from '../environment.ts'

interface BuildFlags {
  readonly engine: EngineName
  readonly socket?: string
  readonly output?: string
  readonly node?: string
  readonly python?: string
  readonly busybox?: string
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
    .option('--python <path>', 'the Python to put in (default: python3 of PATH)')
    .option('--busybox <path>', 'BusyBox for the tools of scripts (default: of PATH, else the tools of this machine)')
    .option('--prefix <name>', 'prefix of the image names', 'stemcell')
    .option('--tag <tag...>', 'further tags for one image, to let this version stand in for another')
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
  const { buildImages, engineSocket, imageDefinitions } = await import('@stemcell/images')
  const { engine, output, prefix, tag = [] } = flags
  const chosen = names.length === 0 ? imageDefinitions : names.map((name) => find(name, imageDefinitions))
  if (tag.length > 0 && chosen.length !== 1) {
    const example = 'stemcell images build action-nodejs --tag 18'
    throw new PlatformError('ERR_CONFIG', `images build: --tag is for one image, which must be named: ${example}`)
  }
  const socket = output === undefined ? (flags.socket ?? engineSocket(engine, userRuntimeFolder())) : ''
  const planned = plansOf(chosen, { programs: programsOf(flags) }, names.length > 0, print)
  const say = ({ names: built, id, bytes }: BuiltImage): void =>
    print(`${built.join(', ')}  ${id.slice(0, 19)}  ${Math.round(bytes / 1_000_000)} MB`)
  if (output === undefined) {
    for (const image of await buildImages(planned, { to: { socket }, prefix, tags: tag })) say(image)
    return
  }
  mkdirSync(output, { recursive: true })
  for (const one of planned) {
    const to = { file: `${output}/${one.definition.name}.tar` }
    for (const image of await buildImages([one], { to, prefix, tags: tag })) say(image)
  }
}

function programsOf({ node, python, busybox }: BuildFlags): Readonly<Record<string, string>> {
  const given = Object.entries({ node, python3: python, busybox })
  return Object.fromEntries(given.filter((entry): entry is [string, string] => entry[1] !== undefined))
}

/**
 * What can be made here. Without names an image that this machine has no program for is left out, and it is said.
 * @throws ERR_CONFIG one that was named cannot be made, or none.
 */
function plansOf(
  definitions: readonly ImageDefinition[],
  options: PlanOptions,
  named: boolean,
  print: (line: string) => void,
): readonly PlannedImage[] {
  const planned: PlannedImage[] = []
  let lack: unknown
  for (const definition of definitions) {
    try {
      planned.push({ definition, plan: definition.plan(options) })
    } catch (error) {
      if (named || !isPlatformError(error, 'ERR_CONFIG')) throw error
      print(`${definition.name}  not built: ${error.message}`)
      lack = error
    }
  }
  if (planned.length === 0) throw lack
  return planned
}

function find(name: string, definitions: readonly ImageDefinition[]): ImageDefinition {
  const found = definitions.find((definition) => definition.name === name.replace(/^.*\//, '').replace(/:.*$/, ''))
  if (found) return found
  const known = definitions.map((definition) => definition.name).join(', ')
  throw new PlatformError('ERR_CONFIG', `images build: there is no image ${name}; known: ${known}`)
}
