// Serves PouchDB in memory over CouchDB's HTTP interface: node couchdb-stand-in.mjs FOLDER_WITH_PACKAGES PORT
import { mkdtempSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const [folder, port] = process.argv.slice(2)
const { COUCHDB_USER = 'admin', COUCHDB_PASSWORD = 'password' } = process.env
const require = createRequire(join(folder, 'package.json'))
const PouchDB = require('pouchdb')
PouchDB.plugin(require('pouchdb-adapter-memory'))

const own = mkdtempSync(join(tmpdir(), 'couchdb-stand-in-'))
const configPath = join(own, 'config.json')
writeFileSync(
  configPath,
  JSON.stringify({ admins: { [COUCHDB_USER]: COUCHDB_PASSWORD }, log: { file: join(own, 'log.txt') } }),
)

const options = { configPath, logPath: join(own, 'log.txt') }
const app = require('express')()
app.use('/', require('express-pouchdb')(PouchDB.defaults({ adapter: 'memory' }), options))
app.listen(Number(port), '127.0.0.1')

// It throws out of its own callbacks for some requests; the others should still be answered.
process.on('uncaughtException', (error) => console.error(error))
