import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { CertificateFiles, silentLogger, VirtualClock, type Certificate, type TlsFiles } from '../../src/index.ts'
import { FIRST, RENEWED } from './http2-client.ts'

let folder: string
let files: TlsFiles
const clock = new VirtualClock()
let renewed: Certificate[]
let said: { readonly level: string; readonly message: string; readonly err: string }[]
let opened: CertificateFiles[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stemcell-tls-'))
  files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
  copyFileSync(FIRST.cert, files.cert)
  copyFileSync(FIRST.key, files.key)
  renewed = []
  said = []
  opened = []
})
afterEach(() => {
  for (const each of opened) each.close()
  rmSync(folder, { recursive: true })
})

function certificateFiles(): CertificateFiles {
  const say = (level: string) => (fields: object, message: string) =>
    said.push({ level, message, err: String((fields as { err?: unknown }).err) })
  const logger = { ...silentLogger, info: say('info'), error: say('error') }
  const made = new CertificateFiles({ files, clock, logger, renewed: (certificate) => renewed.push(certificate) })
  opened.push(made)
  return made
}

/** Looks at the files until something comes of it. */
const untilSaid = (count: number): Promise<void> =>
  vi.waitFor(async () => {
    await clock.advance(1000)
    expect(said.length).toBeGreaterThanOrEqual(count)
  }, 20_000)

describe('a certificate and its key', () => {
  it('are read, and again when both were renewed', async () => {
    const { cert } = await certificateFiles().open()
    expect(cert).toEqual(readFileSync(FIRST.cert))
    copyFileSync(RENEWED.cert, files.cert)
    copyFileSync(RENEWED.key, files.key)
    await untilSaid(1)
    expect(renewed.at(-1)).toEqual({ cert: readFileSync(RENEWED.cert), key: readFileSync(RENEWED.key) })
    expect(said.at(-1)).toMatchObject({ level: 'info', message: 'the certificate was renewed' })
  })

  it('stay in force while the renewed ones do not fit each other, are half written or away', async () => {
    await certificateFiles().open()
    copyFileSync(RENEWED.cert, files.cert)
    await untilSaid(1)
    expect(said[0]).toMatchObject({ level: 'error' })
    expect(said[0]!.err).toContain(`tls.key: ${files.key} is not the key of the certificate ${files.cert}`)
    rmSync(files.key)
    await untilSaid(2)
    expect(said[1]!.err).toContain(`tls.key: ${files.key} cannot be read (ENOENT)`)
    copyFileSync(RENEWED.key, files.key)
    truncateSync(files.key, 60)
    await untilSaid(3)
    expect(said[2]!.err).toContain(`tls.key: ${files.key} has no private key in PEM`)
    expect(renewed).toEqual([])
    copyFileSync(RENEWED.key, files.key)
    await untilSaid(4)
    expect(renewed).toHaveLength(1)
  })

  it('are renewed where a link leads elsewhere from now on, as in the volumes of Kubernetes', async () => {
    const link = join(folder, 'now')
    for (const [name, from] of [['old', FIRST] as const, ['new', RENEWED] as const]) {
      execFileSync('mkdir', [join(folder, name)])
      copyFileSync(from.cert, join(folder, name, 'tls.crt'))
      copyFileSync(from.key, join(folder, name, 'tls.key'))
    }
    symlinkSync('old', link)
    files = { cert: join(link, 'tls.crt'), key: join(link, 'tls.key') }
    await certificateFiles().open()
    symlinkSync('new', `${link}.tmp`)
    renameSync(`${link}.tmp`, link)
    await untilSaid(1)
    expect(renewed.map(({ cert }) => cert)).toEqual([readFileSync(RENEWED.cert)])
  })

  it('that did not change are not read again, nor after they were closed', async () => {
    const watched = certificateFiles()
    await watched.open()
    await clock.advance(60_000)
    watched.close()
    copyFileSync(RENEWED.cert, files.cert)
    await clock.advance(60_000)
    expect(said).toEqual([])
  })

  it.each([
    ['a missing certificate', () => rmSync(files.cert), /^tls\.cert: .*cert\.pem cannot be read \(ENOENT\)/],
    ['a missing key', () => rmSync(files.key), /^tls\.key: .*key\.pem cannot be read \(ENOENT\)/],
    ['an empty certificate', () => writeFileSync(files.cert, ''), /^tls\.cert: .*cert\.pem has no certificate in PEM/],
    ['a key in place of it', () => copyFileSync(FIRST.key, files.cert), /^tls\.cert: .* has no certificate in PEM/],
    [
      'a certificate with something else in it',
      () => writeFileSync(files.cert, '-----BEGIN CERTIFICATE-----\nYWJj\n-----END CERTIFICATE-----\n'),
      /^tls\.cert: .*cert\.pem cannot be read as PEM/,
    ],
    [
      'a certificate in place of the key',
      () => copyFileSync(FIRST.cert, files.key),
      /^tls\.key: .* has no private key/,
    ],
    ['the key of another', () => copyFileSync(RENEWED.key, files.key), /^tls\.key: .* is not the key of .*CN=127/],
    [
      'a key with a passphrase',
      () =>
        execFileSync('openssl', ['pkcs8', '-topk8', '-in', FIRST.key, '-out', files.key, '-passout', 'pass:secret']),
      /^tls\.key: .*key\.pem has a passphrase: give the key without$/,
    ],
  ])('%s is named', async (_, damage, message) => {
    damage()
    await expect(certificateFiles().open()).rejects.toMatchObject({
      code: 'ERR_CONFIG',
      message: expect.stringMatching(message) as string,
    })
  })
})
