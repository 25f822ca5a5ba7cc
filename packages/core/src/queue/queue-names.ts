const NAME = /^[a-zA-Z0-9._-]{1,200}$/
const MOST_KEY_BYTES = 256
/** A character of a string takes at most three bytes of UTF-8: shorter keys need no counting. */
const CERTAINLY_SHORT = Math.floor(MOST_KEY_BYTES / 3)

/** For adapters. @throws TypeError not the name of a topic, see `Queue`. */
export function requireTopicName(topic: string): void {
  requireName('topic', topic)
}

/** For adapters. @throws TypeError not the name of a group, see `Queue`. */
export function requireGroupName(group: string): void {
  requireName('group', group)
}

/** For adapters. @throws TypeError longer than a key may be, see `PublishOptions`. */
export function requireKey(key: string | undefined): void {
  if (key === undefined || key.length <= CERTAINLY_SHORT) return
  const bytes = Buffer.byteLength(key)
  if (bytes > MOST_KEY_BYTES) throw new TypeError(`key has ${bytes} bytes, more than ${MOST_KEY_BYTES}`)
}

function requireName(what: string, name: string): void {
  if (NAME.test(name) && name !== '.' && name !== '..') return
  const rule = `must be 1 to 200 letters, digits, dots, _ or -, and neither '.' nor '..'`
  throw new TypeError(`${what} ${rule}: '${name.slice(0, 210)}'`)
}
