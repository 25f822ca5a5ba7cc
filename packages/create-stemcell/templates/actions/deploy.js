// Puts the actions into the namespace of an API key: APIHOST and AUTH of the environment, or of the file that
// WSK_CONFIG_FILE names, as `wsk` reads them.
import { readFileSync } from 'node:fs'
import openwhisk from 'openwhisk'
import { actions } from './actions.js'

const settings = { ...readProperties(process.env.WSK_CONFIG_FILE), ...process.env }
if (!settings.APIHOST || !settings.AUTH) {
  console.error('Say where to: APIHOST=http://127.0.0.1:3233 AUTH=UUID:KEY npm run deploy, or WSK_CONFIG_FILE=…')
  process.exit(1)
}
const client = openwhisk({ apihost: settings.APIHOST, api_key: settings.AUTH })
for (const [name, action] of Object.entries(actions)) {
  await client.actions.update({ name, action })
  console.log(`${name} is deployed`)
}

function readProperties(file) {
  if (!file) return {}
  const lines = readFileSync(file, 'utf8').split('\n')
  return Object.fromEntries(lines.filter((line) => line.includes('=')).map((line) => line.split(/=(.*)/s, 2)))
}
