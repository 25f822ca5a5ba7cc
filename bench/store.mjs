import { fill, page, singles } from './store-operations.mjs'
import { openStores } from './stores.mjs'

const ROW = { 'bare client': 'floor', stemcell: 'ours' }
const MAX_SHARE = 1.3
const MIN_LEVEL_RECORDS = 5_000
const PAGE = 200
const MANY = 1_000_000
const LONG_MS = 1_000_000

/** Entities and activation records in every store that is up, beside the bare client of the same backend. */
export async function store(options) {
  // Timers of the platform's clock do not keep a process alive, and some stores wait for nothing else at times.
  const alive = setInterval(() => undefined, LONG_MS)
  try {
    return await measured(options)
  } finally {
    clearInterval(alive)
  }
}

async function measured({ quick }) {
  const rows = []
  const ratios = []
  const notes = []
  for (const open of openStores(notes)) {
    const subject = await open()
    const { name, isEmbedded, isMeasure } = subject
    try {
      const times = await singles(subject, quick ? 50 : 300)
      // What a server takes in is bounded by time, so that a slow one does not hold up all others.
      const wanted = quick ? MANY / 50 : MANY
      const rates = await fill(subject, wanted, isEmbedded ? Infinity : quick || !isMeasure ? 3_000 : 30_000)
      const pages = await page(subject, PAGE, quick ? 10 : 50)
      for (const [row, side] of Object.entries(ROW)) {
        const values = {
          'put µs': times.put[side],
          'get µs': times.get[side],
          'records/s': rates[side],
          [`list ${PAGE}, ms`]: pages[side],
          ...(side === 'ours' && { 'of records': rates.records }),
        }
        rows.push({ name: `${name}: ${row}`, values })
      }
      for (const what of ['put', 'get']) {
        const value = times[what].ours / times[what].floor
        const target = isMeasure ? { target: `<= ${MAX_SHARE}`, met: value <= MAX_SHARE } : { target: 'reported' }
        ratios.push({ name: `${name}: ${what} / bare client`, value, ...target })
      }
      const isLevel = name === 'level'
      ratios.push({
        name: `${name}: records per second${name === 'couchdb' ? ' by _bulk_docs' : ''}`,
        value: rates.ours,
        target: isLevel ? `>= ${MIN_LEVEL_RECORDS}` : 'reported',
        ...(isLevel && { met: rates.ours >= MIN_LEVEL_RECORDS }),
      })
    } finally {
      await subject.close()
    }
  }
  return { columns: Object.keys(rows[1].values), rows, ratios, notes }
}
