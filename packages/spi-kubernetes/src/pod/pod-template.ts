import { PlatformError } from '@stemcell/core'
import { readFileSync } from 'node:fs'
import { parse, YAMLParseError } from 'yaml'
import { z } from '@stemcell/core/schema'

/** A part of the description of a pod. */
export type Tree = Readonly<Record<string, unknown>>

const template = z.strictObject({
  apiVersion: z.literal('v1').optional(),
  kind: z.literal('Pod').optional(),
  metadata: z
    .strictObject({
      labels: z.record(z.string(), z.string()).optional(),
      annotations: z.record(z.string(), z.string()).optional(),
    })
    .optional(),
  spec: z.looseObject({ containers: z.array(z.looseObject({ name: z.string() })).optional() }).optional(),
})

export type PodTemplate = z.output<typeof template>

/** Elements of these lists are the same when they agree in this member; other lists are taken as they are. */
const IDENTITY: Readonly<Record<string, string>> = {
  containers: 'name',
  initContainers: 'name',
  volumes: 'name',
  env: 'name',
  ports: 'containerPort',
  imagePullSecrets: 'name',
  volumeMounts: 'mountPath',
}
/** One is as good as the other: all of both. */
const SUMS = new Set(['tolerations'])

/**
 * What an operator wants every pod to have.
 * @throws ERR_CONFIG it cannot be read, or is no pod.
 */
export function readPodTemplate(given: string | Tree | undefined): PodTemplate {
  if (given === undefined) return {}
  const result = template.safeParse(typeof given === 'string' ? fromFile(given) : given)
  if (result.success) return result.data
  const why = result.error.issues.map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`).join('; ')
  throw unusable(`${why}: it must be a Pod with metadata.labels, metadata.annotations and spec`)
}

/** `over` where both say something about the same; lists of named things are joined by name. */
export function merged(under: unknown, over: unknown, name = ''): unknown {
  if (over === undefined) return under
  if (Array.isArray(under) && Array.isArray(over)) return mergedList(under, over, name)
  if (!isTree(under) || !isTree(over)) return over
  const names = new Set([...Object.keys(under), ...Object.keys(over)])
  return Object.fromEntries(Array.from(names, (key) => [key, merged(under[key], over[key], key)]))
}

function mergedList(under: readonly unknown[], over: readonly unknown[], name: string): unknown {
  if (SUMS.has(name)) return [...under, ...over]
  const identity = IDENTITY[name]
  if (identity === undefined) return over
  const idOf = (one: unknown): unknown => (isTree(one) ? one[identity] : one)
  const rest = over.filter((one) => !under.some((other) => idOf(other) === idOf(one)))
  return [
    ...under.map((one) =>
      merged(
        one,
        over.find((other) => idOf(other) === idOf(one)),
      ),
    ),
    ...rest,
  ]
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function fromFile(path: string): unknown {
  try {
    return parse(readFileSync(path, 'utf8')) as unknown
  } catch (error) {
    if (error instanceof YAMLParseError) throw unusable(`${path} is no YAML: ${error.message.split('\n')[0]!}`, error)
    throw unusable(`${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`, error)
  }
}

function unusable(why: string, cause?: unknown): PlatformError {
  return new PlatformError('ERR_CONFIG', `@stemcell/spi-kubernetes: podTemplate: ${why}`, { cause })
}
