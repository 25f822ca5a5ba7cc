import { embeddedAppCases } from '../../../test/embedded-app.ts'
import { createApp } from '../src/app.ts'

embeddedAppCases({
  create: createApp,
  listen: async ({ app }) => ({ url: await app.listen({ host: '127.0.0.1', port: 0 }), close: () => app.close() }),
  program: new URL('../dist/main.js', import.meta.url),
})
