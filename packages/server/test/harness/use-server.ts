import { afterAll, beforeAll, expect } from 'vitest'
import { SpawnedServer, TestFolder, type SpawnOptions } from './spawned-server.ts'

/**
 * One server for all tests of a file. Afterwards it must still answer, end cleanly, leave no process behind, and must
 * not have written its key to its output.
 */
export function useServer(options: SpawnOptions = {}): () => SpawnedServer {
  let folder: TestFolder
  let server: SpawnedServer | undefined
  beforeAll(async () => {
    folder = new TestFolder()
    server = await SpawnedServer.start(folder, options)
  })
  afterAll(async () => {
    if (server) {
      const [uuid = '', key = ''] = server.key.split(':')
      const answer = await fetch(`${server.url}/ping`).then((response) => response.text())
      expect(answer).toBe('pong')
      expect(await server.stop()).toEqual({ code: 0, signal: null })
      expect(server.stderr).toBe('')
      expect(server.output).not.toContain(key)
      expect(server.output).not.toContain(uuid)
      expect(server.output).not.toContain(Buffer.from(`${uuid}:${key}`).toString('base64'))
    }
    await folder.remove()
  })
  return () => server!
}
