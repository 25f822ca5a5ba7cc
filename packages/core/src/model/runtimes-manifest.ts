import * as z from '../zod/index.ts'
import { ONCE } from '../zod/once.ts'
import { PlatformError } from '../errors.ts'
import { MB, parseByteSize } from './byte-size.ts'

const image = z.object({
  registry: z.string().optional(),
  prefix: z.string().optional(),
  name: z.string().min(1),
  tag: z.string().optional(),
})

const reactive = z
  .object({
    minCount: z.int().min(0),
    maxCount: z.int().min(1),
    /** Such as `2 minutes`. */
    ttl: z.string().refine((text) => (parseDurationMs(text) ?? 0) > 0, 'must be a duration such as "2 minutes"'),
    threshold: z.int().min(1),
    increment: z.int().min(1),
  })
  .refine((r) => r.minCount <= r.maxCount, 'minCount must not exceed maxCount')
  .refine((r) => r.increment <= r.maxCount, 'increment must not exceed maxCount')

const stemCell = z
  .object({
    initialCount: z.int().min(1).optional(),
    count: z.int().min(1).optional(),
    memory: z.string().refine((text) => parseByteSize(text) !== undefined, 'must be a size such as "256 MB"'),
    reactive: reactive.optional(),
  })
  .refine((c) => c.initialCount !== undefined || c.count !== undefined, 'initialCount is required')

const runtime = z.object({
  kind: z.string().min(1),
  image,
  deprecated: z.boolean().optional(),
  default: z.boolean().optional(),
  attached: z.object({ attachmentName: z.string(), attachmentType: z.string() }).optional(),
  requireMain: z.boolean().optional(),
  sentinelledLogs: z.boolean().optional(),
  stemCells: z.array(stemCell).optional(),
})

/** OpenWhisk's runtimes manifest, the value of its `RUNTIMES_MANIFEST`. */
export const runtimesManifestSchema = z.object({
  runtimes: z.record(z.string(), z.array(runtime).min(1)),
  /** `runs` is an addition to OpenWhisk's form: the image to take in place of the one that clients name. */
  blackboxes: z.array(image.extend({ runs: image.optional() })).optional(),
})

/** A manifest as it is written down, in OpenWhisk’s form. */
export type RuntimesManifestSource = z.input<typeof runtimesManifestSchema>

/** A kind of action and what runs it. */
export interface Runtime {
  readonly kind: string
  readonly family: string
  /** `[registry/][prefix/]name[:tag]` */
  readonly image: string
  readonly deprecated: boolean
  readonly default: boolean
  readonly attached: boolean
  readonly requireMain: boolean
  /** The runtime ends each activation's log with a sentinel. */
  readonly sentinelledLogs: boolean
  readonly stemCells: readonly StemCellPlan[]
}

/** How many stem cells of one memory size a kind keeps. */
export interface StemCellPlan {
  readonly memoryMb: number
  readonly initialCount: number
  readonly reactive?: {
    readonly minCount: number
    readonly maxCount: number
    readonly ttlMs: number
    readonly threshold: number
    readonly increment: number
  }
}

const DEFAULT_KIND = /^([a-z0-9]+):default$/

/** The kinds of action that a platform runs. */
export class RuntimesManifest {
  readonly families: ReadonlyMap<string, readonly Runtime[]>
  /** Images, without a tag of `latest`, that are treated like the manifest's own, with what runs in their place. */
  readonly nativeImages: ReadonlyMap<string, string>
  readonly #kinds = new Map<string, Runtime>()

  /** @throws ERR_CONFIG the manifest is malformed; the message names the place. */
  constructor(source: unknown) {
    const parsed = runtimesManifestSchema.safeParse(source, ONCE)
    if (!parsed.success) {
      const [issue] = parsed.error.issues
      throw new PlatformError('ERR_CONFIG', `runtimes manifest: ${issue?.path.join('.')}: ${issue?.message}`)
    }
    const families = new Map<string, readonly Runtime[]>()
    for (const [family, versions] of Object.entries(parsed.data.runtimes)) {
      const runtimes = versions.map((version) => readRuntime(family, version, versions.length === 1))
      const defaults = runtimes.filter((candidate) => candidate.default)
      if (defaults.length === 0)
        throw new PlatformError('ERR_CONFIG', `${family} has multiple versions, but no default.`)
      if (defaults.length > 1) {
        const kinds = defaults.map(({ kind }) => kind).join(', ')
        throw new PlatformError('ERR_CONFIG', `Found more than one default for ${family}: ${kinds}.`)
      }
      for (const candidate of runtimes) this.#kinds.set(candidate.kind, candidate)
      families.set(family, runtimes)
    }
    this.families = families
    const boxes = parsed.data.blackboxes ?? []
    this.nativeImages = new Map(boxes.map((box) => [withoutLatest(imageName(box)), imageName(box.runs ?? box)]))
  }

  /** All kinds, in manifest order. */
  get kinds(): readonly string[] {
    return [...this.#kinds.keys()]
  }

  /** The runtime of a kind; `family:default` is resolved. Undefined when the manifest does not list it. */
  runtime(kind: string): Runtime | undefined {
    const family = DEFAULT_KIND.exec(kind)?.[1]
    if (family === undefined) return this.#kinds.get(kind)
    return this.families.get(family)?.find((candidate) => candidate.default)
  }

  /** The image that runs where an action names this one; undefined when the named one is a user's own. */
  nativeImage(imageText: string): string | undefined {
    return this.nativeImages.get(withoutLatest(imageText))
  }
}

function readRuntime(family: string, source: z.output<typeof runtime>, only: boolean): Runtime {
  return {
    kind: source.kind,
    family,
    image: imageName(source.image),
    deprecated: source.deprecated ?? false,
    default: only || (source.default ?? false),
    attached: source.attached !== undefined,
    requireMain: source.requireMain ?? false,
    sentinelledLogs: source.sentinelledLogs ?? true,
    stemCells: (source.stemCells ?? []).map(readStemCell),
  }
}

function readStemCell(source: z.output<typeof stemCell>): StemCellPlan {
  const { reactive: r } = source
  return {
    memoryMb: Math.floor(parseByteSize(source.memory)! / MB),
    initialCount: source.initialCount ?? source.count!,
    ...(r
      ? {
          reactive: {
            minCount: r.minCount,
            maxCount: r.maxCount,
            ttlMs: durationMs(r.ttl),
            threshold: r.threshold,
            increment: r.increment,
          },
        }
      : {}),
  }
}

function imageName({ registry, prefix, name, tag }: z.output<typeof image>): string {
  return `${registry ? `${registry.replace(/\/$/, '')}/` : ''}${prefix ? `${prefix}/` : ''}${name}${tag ? `:${tag}` : ''}`
}

function withoutLatest(imageText: string): string {
  return imageText.replace(/:latest$/, '')
}

const DURATION = /^(\d+)\s*(ms|milliseconds?|s|seconds?|m|minutes?|h|hours?|d|days?)$/
const DURATION_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds of a duration such as `2 minutes`; undefined when it is none. */
export function parseDurationMs(text: string): number | undefined {
  const match = DURATION.exec(text.trim())
  if (!match) return undefined
  const unit = match[2]!
  return Number(match[1]) * (unit === 'ms' || unit.startsWith('milli') ? 1 : DURATION_MS[unit[0]!]!)
}

/** Milliseconds of a duration such as `2 minutes`. @throws ERR_CONFIG it is none. */
export function durationMs(text: string): number {
  const ms = parseDurationMs(text)
  if (ms === undefined) {
    throw new PlatformError('ERR_CONFIG', `"${text}" is not a duration; write for example "2 minutes"`)
  }
  return ms
}
