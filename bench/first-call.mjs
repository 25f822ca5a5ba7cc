import { until } from './processes.mjs'

/** Of the default manifest. */
export const STEM_CELLS = 2

/** The first call of an action, checked to have got its container the way it should; ms. */
export async function firstCall(server, name, acquired) {
  await stemCellsReady(server)
  const { ms, record } = await server.invoke(name)
  const how = JSON.stringify(record.annotations?.find(({ key }) => key === 'acquired')?.value)
  if (!how?.includes(acquired)) throw new Error(`${name}: expected a container had by ${acquired}, got ${how}`)
  return ms
}

/** Resolves when no stem cell is still being made: the replacement of the last one may be. */
export function stemCellsReady(server) {
  const ready = async () => {
    const started = await server.metric('stemcell_container_start_seconds_count', { stem_cell: 'true', ok: 'true' })
    return started - (await server.metric('stemcell_container_acquisitions_total', { how: 'stemcell' })) >= STEM_CELLS
  }
  return until(ready, 'stem cells ready', 60_000, 10)
}
