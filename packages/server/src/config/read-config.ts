import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { PlatformError } from '@stemcell/core'
import { configSchema, type Config } from './config-schema.ts'

/**
 * Reads and checks a JSON configuration file before anything else happens. Paths in it are relative to the file.
 * @throws ERR_CONFIG the file is missing, not JSON, or has a key or value it may not have; values are not repeated.
 */
export function readConfig(path: string): Config {
  let json: unknown
  try {
    json = JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    const why = cause instanceof SyntaxError ? `is not JSON: ${cause.message}` : `cannot be read: ${String(cause)}`
    throw new PlatformError('ERR_CONFIG', `--config ${path} ${why}`, { cause })
  }
  const parsed = configSchema.safeParse(json)
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'the file'}: ${issue.message}`)
    throw new PlatformError('ERR_CONFIG', `--config ${path}: ${lines.join('; ')}`)
  }
  const folder = dirname(resolve(path))
  const { data, authFile, manifest } = parsed.data
  return {
    ...parsed.data,
    ...(data === undefined ? {} : { data: resolve(folder, data) }),
    ...(authFile === undefined ? {} : { authFile: resolve(folder, authFile) }),
    ...(typeof manifest === 'string' ? { manifest: readManifest(resolve(folder, manifest)) } : {}),
  }
}

function readManifest(path: string): Record<string, unknown> {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
  } catch (cause) {
    throw new PlatformError('ERR_CONFIG', `manifest ${path} cannot be read as JSON: ${String(cause)}`, { cause })
  }
}
