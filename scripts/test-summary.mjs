// The last lines of a CI run: what `npm test` found, from its own report.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

process.stdout.write(
  readFileSync(join(dirname(fileURLToPath(import.meta.url)), '..', '.test-report', 'summary.txt'), 'utf8'),
)
