import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { startAction, within, type ContainerCase } from './container-subject.ts'

const ECHO = 'function main(args) { return args }'

/** What goes into a container and what comes back. */
export const containerCallCases: readonly ContainerCase[] = [
  {
    id: 'containers.replies-are-passed-on-unjudged',
    async run(subject, context) {
      const action = await startAction(subject, context, 'function main() { throw new Error("on purpose") }')
      const { status, body, bodyBytes, truncated } = await action.run()
      assert.ok(status >= 400, `status ${status}`)
      assert.match(body, /on purpose/)
      assert.equal(bodyBytes, Buffer.byteLength(body))
      assert.equal(truncated, false)
    },
  },
  {
    id: 'containers.large-bodies-arrive-whole',
    async run(subject, context) {
      const action = await startAction(subject, context, ECHO)
      const text = `ü€𝄞 ${randomBytes(500_000).toString('hex')}`
      const reply = await action.run({ text })
      assert.ok((JSON.parse(reply.body) as { readonly text: string }).text === text, 'the text changed on the way')
      assert.equal(reply.bodyBytes, Buffer.byteLength(reply.body))
    },
  },
  {
    id: 'containers.long-replies-are-cut-between-characters',
    async run(subject, context) {
      const action = await startAction(subject, context, 'function main({ n }) { return { text: "€".repeat(n) } }')
      const whole = 11 + 3 * 40_000
      for (const truncateAtBytes of [100, 101, 102]) {
        const reply = await action.run({ n: 40_000 }, 'a1', { maxReplyBytes: 1_000, truncateAtBytes })
        assert.equal(reply.truncated, true)
        assert.equal(reply.bodyBytes, whole)
        const kept = Math.floor((truncateAtBytes - 9) / 3)
        assert.equal(reply.body, `{"text":"${'€'.repeat(kept)}`)
      }
      const exact = await action.run({ n: 1 }, 'a1', { maxReplyBytes: 14, truncateAtBytes: 5 })
      assert.deepEqual({ body: exact.body, truncated: exact.truncated }, { body: '{"text":"€"}', truncated: false })
    },
  },
  {
    id: 'containers.runs-overlap-up-to-the-maximum',
    async run(subject, context) {
      const code = `let waiting = []
        function main() {
          return new Promise((resolve) => {
            waiting.push(resolve)
            if (waiting.length === 4) for (const go of waiting) go({ together: 4 })
          })
        }`
      const action = await startAction(subject, context, code, { maxConcurrent: 4 })
      const runs = Array.from({ length: 4 }, (_, index) => action.result({}, `a${index}`))
      const results = await within('four runs met', context, Promise.all(runs))
      assert.deepEqual(
        results,
        Array.from({ length: 4 }, () => ({ together: 4 })),
      )
    },
  },
  {
    id: 'containers.environment-is-the-given-one-only',
    async run(subject, context) {
      const name = 'STEMCELL_CONFORMANCE_HOST'
      process.env[name] = 'secret'
      try {
        const code = 'function main() { return { ...process.env } }'
        const action = await startAction(subject, context, code, { environment: { __OW_API_HOST: 'http://api:3233' } })
        const environment = await action.result()
        assert.equal(environment['__OW_API_HOST'], 'http://api:3233')
        assert.equal(environment[name], undefined, 'the environment of the host is visible')
      } finally {
        delete process.env[name]
      }
    },
  },
]
