import { adapterContext, isPlatformError, type Logger } from '@stemcell/core'
import { fileLogStore } from '@stemcell/spi-files'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fillDisk, smallDisk, type SmallDisk } from '../../../test/small-disk.ts'
import { activationOf, GUEST, line } from './activations.ts'

const probe = smallDisk('1m')
probe?.remove()

describe.skipIf(!probe)(
  `logs on a disk that is full for a while${probe ? '' : ' (no file system can be mounted)'}`,
  () => {
    let disk: SmallDisk
    const said: string[] = []
    const note = (_: object, message: string): void => void said.push(message)
    const logger: Logger = { debug: () => undefined, info: note, warn: note, error: note, child: () => logger }

    beforeEach(() => {
      disk = smallDisk('2m')!
      said.length = 0
    })

    afterEach(() => disk.remove())

    it('are refused, leave no half of them, and are written again when there is room', async () => {
      const dir = join(disk.dir, 'logs')
      const store = fileLogStore({ dir, inRecords: false }).build(adapterContext({ logger }))
      await store.open()
      const lines = (number: number): string[] => [line(`${number}`), line('x'.repeat(30_000 + number)), line('end')]
      const keep = (number: number) => store.keep(activationOf(number), GUEST, lines(number))
      await keep(0)
      const empty = fillDisk(disk.dir, 150_000)
      const kept = [0]
      const refused: number[] = []
      for (let number = 1; refused.length < 5; number++) {
        try {
          await keep(number)
          kept.push(number)
        } catch (error) {
          if (!isPlatformError(error, 'ERR_UNAVAILABLE')) throw error
          expect(error.message).toMatch(/cannot be written to .*logs: .*ENOSPC/)
          refused.push(number)
        }
      }
      empty()
      await vi.waitFor(() => keep(1000), { timeout: 10_000, interval: 20 })
      kept.push(1000)
      for (const number of kept) {
        expect(await store.fetch(activationOf(number).activationId, activationOf(number), GUEST)).toEqual(lines(number))
      }
      for (const number of refused) {
        expect(await store.fetch(activationOf(number).activationId, activationOf(number), GUEST)).toEqual([])
      }
      await store.close()
      const text = readdirSync(dir)
        .filter((name) => name.endsWith('.log'))
        .map((name) => readFileSync(join(dir, name), 'utf8'))
        .join('')
      // Whoever collects the files finds nothing but whole lines.
      for (const each of text.trimEnd().split('\n')) expect(() => JSON.parse(each) as unknown).not.toThrow()
      expect(text.trimEnd().split('\n')).toHaveLength(kept.length * 3)
    })

    it('stay in the records all the same, and the operator is told', async () => {
      const store = fileLogStore({ dir: join(disk.dir, 'logs') }).build(adapterContext({ logger }))
      await store.open()
      fillDisk(disk.dir)
      const lines = [line('x'.repeat(100_000))]
      expect(await store.keep(activationOf(1), GUEST, lines)).toEqual(lines)
      expect(said).toContain('logs not written to a file')
      await store.close()
    })
  },
)
