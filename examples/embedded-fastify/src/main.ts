import { createApp } from './app.ts'

const { app } = await createApp()
await app.listen({ host: '127.0.0.1', port: Number(process.env['PORT'] ?? 3000) })

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    app.close().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${String(error)}\n`)
        process.exit(1)
      },
    )
  })
}
