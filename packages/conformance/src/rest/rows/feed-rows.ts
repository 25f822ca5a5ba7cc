import type { ContractRow, RequestStep } from '../contract-row.ts'
import { ACTIONS, code, DELETE, ECHO, GET, NS, POST, PUT } from '../paths.ts'

const FEED = `${ACTIONS}/{u}p/feed`
const TRIGGER = `${NS}/triggers/{u}t`
const event = (lifecycleEvent: string): object => ({
  lifecycleEvent,
  triggerName: '/{ns}/{u}t',
  authKey: 'u:k',
  every: 5,
})
const feed = (source: string): RequestStep[] => [
  { method: 'PUT', path: `${NS}/packages/{u}p`, body: {} },
  PUT(FEED, code(source, { annotations: [{ key: 'feed', value: true }] })),
]
const fed = PUT(TRIGGER, { annotations: [{ key: 'feed', value: '/{ns}/{u}p/feed' }] })

/** What clients do to connect a trigger to a feed. */
export const feedRows: readonly ContractRow[] = [
  {
    name: 'a feed is shown apart from the actions of its package',
    given: [...feed(ECHO), PUT(`${ACTIONS}/{u}p/plain`, code(ECHO))],
    when: GET(`${NS}/packages/{u}p`),
    answer: { status: 200, body: { feeds: [{ name: 'feed' }], actions: [{ name: 'plain' }] } },
  },
  {
    name: 'a trigger keeps the name of its feed',
    given: [...feed(ECHO), fed],
    when: GET(TRIGGER),
    answer: { status: 200, body: { annotations: [{ key: 'feed', value: '/{ns}/{u}p/feed' }] } },
  },
  ...['CREATE', 'READ', 'UPDATE', 'PAUSE', 'UNPAUSE', 'DELETE'].map((name): ContractRow => ({
    name: `a feed is told ${name} with the trigger, the key and what the user gave`,
    given: [...feed(ECHO), fed],
    when: POST(`${FEED}?blocking=true&result=false`, event(name)),
    answer: { status: 200, body: { response: { success: true, result: event(name) } } },
  })),
  {
    name: 'a feed that refuses is 502 with its error',
    given: [...feed("function main() { return { error: 'no cron' } }"), fed],
    when: POST(`${FEED}?blocking=true&result=false`, event('CREATE')),
    answer: { status: 502, body: { response: { success: false, result: { error: 'no cron' } } } },
  },
  {
    name: 'a trigger whose feed refused is deleted again',
    given: [...feed("function main() { return { error: 'no cron' } }"), fed],
    when: DELETE(TRIGGER),
    answer: { status: 200, body: { name: '{u}t' } },
  },
  {
    name: 'a trigger may have a feed that is not there',
    given: [fed],
    when: GET(TRIGGER),
    answer: { status: 200 },
  },
]
