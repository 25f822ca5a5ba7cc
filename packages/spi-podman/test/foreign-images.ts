import { actionNodejs, buildImage, type ImageConfig, type ImageDefinition } from '@stemcell/images'

function altered(name: string, config: Partial<ImageConfig>): ImageDefinition {
  return {
    ...actionNodejs,
    name,
    plan: (options) => {
      const plan = actionNodejs.plan(options)
      return { ...plan, tag: '1', config: { ...plan.config, labels: {}, user: '0:0', ...config } }
    },
  }
}

const node = (code: string): Partial<ImageConfig> => ({ entrypoint: ['/usr/bin/node', '-e', code] })

const definitions = {
  /** As OpenWhisk's: port 8080, sentinels, runs as root. */
  openwhisk: altered('openwhisk', {}),
  /** Says that it is ours, as a user's image might that was built on one of ours. */
  pretender: altered('pretender', {
    labels: { 'stemcell.runtime.socket': 'unix', 'stemcell.runtime.logs': 'attributed' },
  }),
  broken: altered('broken', { entrypoint: ['/no/such/program'] }),
  unwilling: altered('unwilling', node('console.error("no good"); process.exit(3)')),
  deaf: altered('deaf', node('setInterval(() => {}, 1000)')),
} as const

export type ForeignImage = keyof typeof definitions

export function foreignImage(name: ForeignImage): string {
  return `stemcell-test/${name}:1`
}

/** Gives the engine an image that is not Stemcell's. */
export async function provideForeignImage(socket: string, name: ForeignImage): Promise<string> {
  await buildImage(definitions[name], { to: { socket }, prefix: 'stemcell-test' })
  return foreignImage(name)
}
