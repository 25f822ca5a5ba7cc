import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import { PlatformError } from '../errors.ts'
import type { Logger } from '../log.ts'
import type { Clock, Timer } from '../time/clock.ts'

/** How often the files are looked at, ms. Notices of the file system do not come from every mount. */
const LOOK_MS = 1000
const FIRST_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/

/** In the first line of a key that has a passphrase, or in the second. */
const LOCKED_KEY = /^-----BEGIN [A-Z ]*ENCRYPTED|^Proc-Type: 4,ENCRYPTED/m

/** Files in PEM: the certificate with those that sign it behind it, and its key, which has no passphrase. */
export interface TlsFiles {
  readonly cert: string
  readonly key: string
}

/** What a server shows and proves that it owns. */
export interface Certificate {
  readonly cert: Buffer
  readonly key: Buffer
}

/** What {@link CertificateFiles} works with. */
export interface CertificateFilesParts {
  readonly files: TlsFiles
  readonly clock: Clock
  readonly logger: Logger
  /** Called with each pair that fits, after the first. */
  readonly renewed: (certificate: Certificate) => void
}

/** A certificate and its key in files that others renew. */
export class CertificateFiles {
  readonly #parts: CertificateFilesParts
  #state = ''
  #timer: Timer | undefined
  #isClosed = false

  constructor(parts: CertificateFilesParts) {
    this.#parts = parts
  }

  /**
   * Reads them, and watches them from then on: a renewed pair is told once both files fit each other; until then the
   * one before stays in force.
   * @throws ERR_CONFIG a file cannot be read or is no PEM, or the certificate does not fit the key; the message names it.
   */
  async open(): Promise<Certificate> {
    const { files } = this.#parts
    this.#state = await stateOf(files)
    const certificate = await read(files)
    this.#watch()
    return certificate
  }

  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
  }

  #watch(): void {
    if (this.#isClosed) return
    this.#timer = this.#parts.clock.setTimer(LOOK_MS, () => void this.#look().then(() => this.#watch()))
  }

  async #look(): Promise<void> {
    const { files, logger, renewed } = this.#parts
    const state = await stateOf(files)
    if (state === this.#state || this.#isClosed) return
    // Taken before the files are read: what is written meanwhile is seen the next time.
    this.#state = state
    try {
      const certificate = await read(files)
      if (this.#isClosed) return
      renewed(certificate)
      const { validTo, subject } = new X509Certificate(certificate.cert)
      logger.info({ subject, validTo }, 'the certificate was renewed')
    } catch (err) {
      if (!this.#isClosed)
        logger.error({ err }, 'the renewed certificate cannot be used, the one before stays in force')
    }
  }
}

/** Differs when a file was written or replaced; a file that is not there has a state too. */
async function stateOf({ cert, key }: TlsFiles): Promise<string> {
  const states = await Promise.all(
    [cert, key].map((path) =>
      stat(path, { bigint: true }).then(
        ({ dev, ino, size, mtimeNs, ctimeNs }) => [dev, ino, size, mtimeNs, ctimeNs].join('.'),
        () => 'none',
      ),
    ),
  )
  return states.join(' ')
}

async function read({ cert, key }: TlsFiles): Promise<Certificate> {
  const certificate = { cert: await content('tls.cert', cert), key: await content('tls.key', key) }
  const shown = certificateOf(certificate.cert, cert)
  if (!shown.checkPrivateKey(keyOf(certificate.key, key))) {
    throw new PlatformError(
      'ERR_CONFIG',
      `tls.key: ${key} is not the key of the certificate ${cert} (${shown.subject}): name the two that belong together`,
    )
  }
  try {
    // What comes behind the first certificate, and what this OpenSSL takes at all.
    createSecureContext(certificate)
  } catch (cause) {
    throw new PlatformError('ERR_CONFIG', `tls.cert: ${cert} cannot be used (${reason(cause)})`, { cause })
  }
  return certificate
}

async function content(option: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (cause) {
    const fix = 'name a file that the server may read'
    throw new PlatformError('ERR_CONFIG', `${option}: ${path} cannot be read (${reason(cause)}): ${fix}`, { cause })
  }
}

function certificateOf(pem: Buffer, path: string): X509Certificate {
  const [first] = FIRST_CERTIFICATE.exec(pem.toString('latin1')) ?? []
  if (first === undefined) throw new PlatformError('ERR_CONFIG', `tls.cert: ${path} has no certificate in PEM`)
  try {
    return new X509Certificate(first)
  } catch (cause) {
    throw new PlatformError('ERR_CONFIG', `tls.cert: ${path} cannot be read as PEM (${reason(cause)})`, { cause })
  }
}

function keyOf(pem: Buffer, path: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch (cause) {
    const isLocked = LOCKED_KEY.test(pem.toString('latin1'))
    const why = isLocked ? 'has a passphrase: give the key without' : `has no private key in PEM (${reason(cause)})`
    throw new PlatformError('ERR_CONFIG', `tls.key: ${path} ${why}`, { cause })
  }
}

function reason(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException
  return code ?? message
}
