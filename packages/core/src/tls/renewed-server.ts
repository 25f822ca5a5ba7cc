import type { Logger } from '../log.ts'
import { CertificateFiles, type TlsFiles } from './certificate-files.ts'
import { SecureServer, type SecureServerOptions } from './secure-server.ts'

/** A server, and the files of its certificate, which are to be closed with it. */
export interface RenewedServer {
  readonly server: SecureServer
  readonly certificate: CertificateFiles
}

/**
 * A server that shows the certificate of these files, a renewed one from the next connection on. It does not listen yet.
 * @throws ERR_CONFIG the files cannot be used; the message says why.
 */
export async function renewedServer(
  files: TlsFiles,
  { logger, ...options }: Omit<SecureServerOptions, 'certificate'> & { readonly logger: Logger },
): Promise<RenewedServer> {
  const renewing = new CertificateFiles({
    files,
    clock: options.clock,
    logger,
    renewed: (renewed) => server.setSecureContext(renewed),
  })
  const server = new SecureServer({ ...options, certificate: await renewing.open() })
  return { server, certificate: renewing }
}
