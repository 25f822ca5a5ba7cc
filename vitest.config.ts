import { defineConfig } from 'vitest/config'
import { servicesEnvironment } from './scripts/services/environment.mjs'

// Tests run from the TypeScript sources: the condition picks `src` over `dist` in every package of the workspace.
// Whether something is imported or required is known without a condition of ours, which would hold for both.
// No `module`: that names files for bundlers, which Node.js cannot load.
const conditions = ['@stemcell/source', 'node', 'default']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions }, noExternal: [/^@stemcell\//] },
  test: {
    // What is set outside wins over a service that `npm run services` started.
    env: Object.fromEntries(Object.entries(servicesEnvironment()).filter(([name]) => !process.env[name])),
    include: ['packages/*/test/**/*.test.ts', 'examples/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    maxWorkers: 2,
  },
})
