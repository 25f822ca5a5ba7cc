// A registry of one's own, in a process of its own: `node registry-process.mjs FOLDER UPSTREAM`; says its port to its parent.
import { join } from 'node:path'
import { importTool } from './tools.mjs'

const [folder, upstream] = process.argv.slice(2)
const { runServer } = await importTool('verdaccio')
const own = { access: '$all', publish: '$all', unpublish: '$all' }
const app = await runServer({
  storage: join(folder, 'storage'),
  configPath: join(folder, 'config.yaml'),
  auth: { htpasswd: { file: join(folder, 'htpasswd'), max_users: -1 } },
  uplinks: { upstream: { url: upstream, timeout: '60s', maxage: '60m' } },
  packages: {
    '@stemcell/*': own,
    stemcell: own,
    'create-stemcell': own,
    '**': { access: '$all', proxy: 'upstream' },
  },
  publish: { allow_offline: true },
  log: { type: 'stdout', format: 'pretty', level: 'error' },
  web: { enable: false },
})
const server = app.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
process.on('disconnect', () => process.exit())
