import { existsSync } from 'node:fs'
import { RootFs } from '../root-fs.ts'

/** The user that actions run as, in every image. */
export const ACTION_USER = '65532:65532'

/** Where every image has the certificates of authorities that this machine trusts. */
export const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt'

const CERTIFICATES_HERE = [CERTIFICATES, '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/cert.pem']

/** What every program expects: users, name look-up, certificates, a folder for temporary files. */
export function baseSystem(): RootFs {
  const root = new RootFs()
    .addText('/etc/passwd', 'root:x:0:0:root:/root:/sbin/nologin\naction:x:65532:65532:action:/tmp:/sbin/nologin\n')
    .addText('/etc/group', 'root:x:0:\naction:x:65532:\n')
    .addText('/etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n')
    .addFolder('/tmp', 0o1777)
  const certificates = CERTIFICATES_HERE.find((file) => existsSync(file))
  if (certificates !== undefined) root.addFile(CERTIFICATES, certificates)
  return root
}
