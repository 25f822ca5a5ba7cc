// Writes the tables of faults into docs/simulator.md: `node scripts/mutants/cluster-tables.mjs`.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { CLUSTER_MUTANTS, HISTORY_SEEDS } from './cluster-mutants.mjs'

const PAGE = join(import.meta.dirname, '../../docs/simulator.md')
const ISSUES = 'https://github.com/apache/openwhisk/issues'

/** The page with tables of these faults, as it should be. */
export async function pageWithTables(page, history) {
  const issues = (numbers) => numbers.map((number) => `[#${number}](${ISSUES}/${number})`).join(', ')
  const tables = {
    history: [
      '| Fault | What | Told of in | Within seeds |',
      '| --- | --- | --- | --- |',
      ...history.map(({ name, text, issues: told, seen }) => {
        const where = [issues(told), seen].filter(Boolean).join(', ')
        return `| \`${name}\` | ${text} | ${where} | ${HISTORY_SEEDS[name]} from 1 |`
      }),
    ],
    mutants: [
      '| Change | What is wrong then | Within seeds |',
      '| --- | --- | --- |',
      ...CLUSTER_MUTANTS.map(
        ({ name, text, seeds, first = 1 }) => `| \`${name}\` | ${text} | ${seeds} from ${first} |`,
      ),
    ],
  }
  let text = page
  for (const [name, lines] of Object.entries(tables)) {
    const [before, rest] = text.split(`<!-- table: ${name} -->`)
    text = `${before}<!-- table: ${name} -->\n\n${lines.join('\n')}\n\n${rest.slice(rest.indexOf('<!-- end -->'))}`
  }
  return format(text, { ...(await resolveConfig(PAGE)), filepath: PAGE })
}

if (process.argv[1] === import.meta.filename) {
  const { HISTORY } = await import('../../packages/simulator/dist/index.js')
  writeFileSync(PAGE, await pageWithTables(readFileSync(PAGE, 'utf8'), HISTORY))
}
