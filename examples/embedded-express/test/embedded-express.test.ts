import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { embeddedAppCases } from '../../../test/embedded-app.ts'
import { createApp } from '../src/app.ts'

embeddedAppCases({
  create: createApp,
  listen: async ({ app, platform }) => {
    const server = app.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const close = (): Promise<unknown> => {
      server.close()
      return platform.close()
    }
    return { url: `http://127.0.0.1:${port}`, close }
  },
  program: new URL('../dist/main.js', import.meta.url),
})
