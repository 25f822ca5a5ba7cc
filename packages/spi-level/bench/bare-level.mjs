// The floor of a store on Level: the bare database, JSON included.
import { ClassicLevel } from 'classic-level'

export async function bareLevel(dir) {
  const db = new ClassicLevel(dir)
  await db.open()
  return {
    put: (id, document) => db.put(`d${id}`, JSON.stringify(document), { sync: true }),
    get: async (id) => JSON.parse(await db.get(`d${id}`)),
    putRecords: (records) =>
      db.batch(
        records.map((record) => ({ type: 'put', key: `r${record.activationId}`, value: JSON.stringify(record) })),
      ),
    page: async (limit) => {
      const values = await db.values({ gte: 'r', lt: 's', reverse: true, limit }).all()
      return values.map((text) => JSON.parse(text))
    },
    close: () => db.close(),
  }
}
