import { existsSync } from 'node:fs'
import { RootFs } from '../root-fs.ts'

/** The user that actions run as, in every image. */
export const ACTION_USER = '65532:65532'

/** Where every image has the certificates of authorities that this machine trusts. */
export const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt'

const CERTIFICATES_HERE = [CERTIFICATES, '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/cert.pem']

/** Of glibc from 2.35 on, under one of two names, and of Debian before. Without it `LANG=C.UTF-8` means ASCII. */
const LOCALE = '/usr/lib/locale'
const LOCALE_NAMES = ['C.utf8', 'C.UTF-8']

/** What every program expects: users, name look-up, a locale, certificates, a folder for temporary files. */
export function baseSystem(): RootFs {
  const root = new RootFs()
    .addText('/etc/passwd', 'root:x:0:0:root:/root:/sbin/nologin\naction:x:65532:65532:action:/tmp:/sbin/nologin\n')
    .addText('/etc/group', 'root:x:0:\naction:x:65532:\n')
    .addText('/etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n')
    .addFolder('/tmp', 0o1777)
  const locale = LOCALE_NAMES.find((name) => existsSync(`${LOCALE}/${name}`))
  if (locale !== undefined) root.addTree(`${LOCALE}/${locale}`, `${LOCALE}/${locale}`)
  const certificates = CERTIFICATES_HERE.find((file) => existsSync(file))
  if (certificates !== undefined) root.addFile(CERTIFICATES, certificates)
  return root
}
