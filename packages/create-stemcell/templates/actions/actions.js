// What is deployed: for each action its code, and what else the platform is told.
import { readFileSync } from 'node:fs'

const code = (file) => readFileSync(new URL(`actions/${file}`, import.meta.url), 'utf8')

export const actions = {
  hello: {
    exec: { kind: 'nodejs:default', code: code('hello.js') },
    limits: { timeout: 10_000, memory: 256 },
    annotations: [{ key: 'web-export', value: true }],
  },
}
