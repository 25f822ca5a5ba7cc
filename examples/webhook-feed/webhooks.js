// A feed of one's own, as two actions: `feed` keeps what it must know in an annotation of the trigger, `receive` is a web
// action that fires the trigger for each JSON body that is signed with its secret.
const { createHmac, randomBytes, timingSafeEqual } = require('crypto')

const NOTE = 'webhook'

async function api(method, path, body) {
  const response = await fetch(`${process.env.__OW_API_HOST}/api/v1/namespaces/_/${path}`, {
    method,
    headers: {
      authorization: `Basic ${Buffer.from(process.env.__OW_API_KEY).toString('base64')}`,
      'content-type': 'application/json',
    },
    ...(body && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, body: text && JSON.parse(text) }
}

const pathOf = (trigger) => `triggers/${encodeURIComponent(trigger)}`
const failure = (statusCode, error) => ({ error: { statusCode, error } })

async function feed({ lifecycleEvent, triggerName = '', secret }) {
  const name = triggerName.split('/').pop()
  const { status, body: trigger } = await api('GET', pathOf(name))
  if (status !== 200) return lifecycleEvent === 'DELETE' ? { status: 'success' } : failure(status, 'no such trigger')
  const known = trigger.annotations.find(({ key }) => key === NOTE)?.value
  if (!known && lifecycleEvent !== 'CREATE') return failure(404, `trigger ${name} has no webhook`)

  const write = async (value) => {
    const others = trigger.annotations.filter(({ key }) => key !== NOTE)
    const annotations = value ? [...others, { key: NOTE, value }] : others
    const put = await api('PUT', `${pathOf(name)}?overwrite=true`, { annotations, delAnnotations: value ? [] : [NOTE] })
    return put.status === 200 ? { status: 'success' } : failure(put.status, 'the trigger was not written')
  }
  switch (lifecycleEvent) {
    case 'CREATE': {
      const made = { secret: secret ?? randomBytes(24).toString('hex'), active: true }
      const written = await write(made)
      const url = `${process.env.__OW_API_HOST}/api/v1/web/${trigger.namespace}/webhooks/receive.http/${name}`
      return written.error ? written : { ...written, url, secret: made.secret }
    }
    case 'READ':
      return { config: { name, namespace: trigger.namespace }, status: { active: known.active } }
    case 'UPDATE':
      return secret ? write({ ...known, secret }) : failure(400, 'no updatable parameters were specified')
    case 'PAUSE':
    case 'UNPAUSE':
      return write({ ...known, active: lifecycleEvent === 'UNPAUSE' })
    case 'DELETE':
      return write(undefined)
    default:
      return failure(400, 'unsupported lifecycleEvent')
  }
}

async function receive({ __ow_method: method, __ow_headers: headers, __ow_path: path, __ow_body: body }) {
  if (method !== 'post') return { statusCode: 405 }
  // JSON is the form that raw web actions get in base64.
  if (!/^application\/json\b/.test(headers['content-type'] ?? '')) return { statusCode: 415 }
  const trigger = decodeURIComponent(path.slice(1))
  const found = await api('GET', pathOf(trigger))
  const known = found.status === 200 && found.body.annotations.find(({ key }) => key === NOTE)?.value
  // Whoever cannot sign learns nothing of which triggers there are.
  const bytes = Buffer.from(body ?? '', 'base64')
  const expected = Buffer.from(
    `sha256=${createHmac('sha256', known?.secret ?? randomBytes(24))
      .update(bytes)
      .digest('hex')}`,
  )
  const given = Buffer.from(headers['x-hub-signature-256'] ?? '')
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return { statusCode: 401 }
  if (!known.active) return { statusCode: 204 }
  const fired = await api('POST', pathOf(trigger), JSON.parse(bytes.toString('utf8')))
  return { statusCode: fired.status, body: fired.body || {} }
}

module.exports = { feed, receive }
