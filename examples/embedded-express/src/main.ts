import { createApp } from './app.ts'

const DRAIN_MS = 30_000

const { app, platform } = await createApp()
const server = app.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1')

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    // First nobody new, then what runs, then the rest.
    server.close()
    platform.close({ drainMs: DRAIN_MS }).then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${String(error)}\n`)
        process.exit(1)
      },
    )
  })
}
