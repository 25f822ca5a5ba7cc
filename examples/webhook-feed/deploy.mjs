// Puts the package `webhooks` with its two actions into the namespace of a client of `openwhisk`.
import { readFileSync } from 'node:fs'

const action = readFileSync(new URL('./webhooks.js', import.meta.url), 'utf8')

/** @param {import('openwhisk').Client} ow */
export async function deploy(ow) {
  const key = { 'provide-api-key': true }
  await ow.packages.update({ name: 'webhooks' })
  await ow.actions.update({
    name: 'webhooks/feed',
    action: `${action}\nmodule.exports.main = feed`,
    annotations: { ...key, feed: true },
  })
  const web = { 'web-export': true, 'raw-http': true, final: true }
  await ow.actions.update({
    name: 'webhooks/receive',
    action: `${action}\nmodule.exports.main = receive`,
    annotations: { ...key, ...web },
  })
}
