import type { Random } from '@stemcell/core'
import { readFileSync } from 'node:fs'
import { call, putAction, type ApiAnswer } from '../harness/api.ts'
import type { SpawnedServer } from '../harness/spawned-server.ts'

/** What a client was told of an activation. */
export interface Told {
  readonly activationId: string
  /** What it had asked for. */
  readonly what: string
  /** The response, when it came with the answer. */
  readonly response?: unknown
}

const WORK = `const { appendFileSync } = require('node:fs')
async function main({ file, ms = 0, lines = 0, tag }) {
  appendFileSync(file, process.env.__OW_ACTIVATION_ID + '\\n')
  for (let line = 0; line < lines; line++) console.log('line ' + line)
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms))
  return { tag, file, ms: 1 }
}`

/** A conductor that runs `quiet` twice. */
const CONDUCTOR = `function main({ file, step = 0, tag }) {
  return step < 2 ? { action: 'quiet', params: { file, tag }, state: { file, tag, step: step + 1 } } : { params: { tag } }
}`

/** Actions of every kind, in a namespace whose actions may only be few at once, so that some have to wait. */
export async function deploy(server: SpawnedServer, startsFile: string): Promise<void> {
  await putAction(server, 'logging', WORK, { memory: 128 })
  await putAction(server, 'quiet', WORK, { memory: 128, logs: 0 })
  await put(server, 'actions/sequence', {
    exec: { kind: 'sequence', components: ['/_/logging', '/_/quiet', '/_/logging'] },
  })
  await put(server, 'actions/nested', { exec: { kind: 'sequence', components: ['/_/quiet', '/_/sequence'] } })
  await put(server, 'actions/composition', {
    exec: { kind: 'nodejs:default', code: CONDUCTOR },
    annotations: [{ key: 'conductor', value: true }],
    limits: { memory: 128 },
  })
  await put(server, 'triggers/trigger', { parameters: [{ key: 'file', value: startsFile }] })
  for (const action of ['logging', 'sequence']) {
    await put(server, `rules/rule-${action}`, { trigger: '/_/trigger', action: `/_/${action}` })
  }
}

async function put(server: SpawnedServer, path: string, body: object): Promise<void> {
  const { status, text } = await call(server, 'PUT', `${path}?overwrite=true`, { body })
  if (status !== 200) throw new Error(`PUT ${path}: ${status} ${text}`)
}

const TARGETS = ['logging', 'quiet', 'logging', 'quiet', 'sequence', 'nested', 'composition'] as const

/** Callers of every kind, until the server is gone. Returns what they were told. */
export async function callers(
  server: SpawnedServer,
  options: {
    readonly count: number
    readonly startsFile: string
    readonly random: Random
    readonly onAnswer: () => void
  },
): Promise<Told[]> {
  const { count, startsFile, random, onAnswer } = options
  const told: Told[] = []
  const ask = async (): Promise<void> => {
    const tag = random.below(1_000_000)
    const args = { file: startsFile, tag, ms: random.below(4) === 0 ? random.below(300) : 0, lines: random.below(3) }
    const dice = random.below(10)
    if (dice === 0) {
      note(told, 'trigger', await call(server, 'POST', 'triggers/trigger', { body: { tag } }))
      return
    }
    const target = TARGETS[random.below(TARGETS.length)]!
    const query = dice < 4 ? '' : dice < 6 ? '?blocking=true&timeout=100' : '?blocking=true'
    note(told, `${target}${query}`, await call(server, 'POST', `actions/${target}${query}`, { body: args }))
  }
  await Promise.all(
    Array.from({ length: count }, async () => {
      for (;;) {
        try {
          await ask()
          onAnswer()
        } catch (error) {
          // What a client sees of a server that was killed; anything else is a failure of the test.
          if (!server.isGone && !isBrokenConnection(error)) throw error
          return
        }
      }
    }),
  )
  return told
}

function note(told: Told[], what: string, { status, json, text }: ApiAnswer): void {
  const { activationId, response } = json
  if ((status !== 200 && status !== 202) || typeof activationId !== 'string') {
    throw new Error(`${what}: ${status} ${text}`)
  }
  told.push({ activationId, what, ...(response === undefined ? {} : { response }) })
}

function isBrokenConnection(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return ['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'UND_ERR_SOCKET'].includes(code)
}

/** How often each activation was started, by its own word. */
export function startsOf(startsFile: string): Map<string, number> {
  const starts = new Map<string, number>()
  for (const id of readFileSync(startsFile, 'utf8').split('\n').filter(Boolean))
    starts.set(id, (starts.get(id) ?? 0) + 1)
  return starts
}
