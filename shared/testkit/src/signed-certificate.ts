import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { tempFolder } from './temp-folder.ts'
import type { TestScope } from './test-scope.ts'

/** PEM texts of a server, and the file of the authority that nobody knows by itself. */
export interface SignedCertificate {
  readonly key: string
  /** The server's certificate and its authority's. */
  readonly cert: string
  /** For NODE_EXTRA_CA_CERTS. */
  readonly authorityFile: string
}

/** A certificate for these names from an authority of its own, valid for two days. Needs the program openssl. */
export function signedCertificate(scope: TestScope, ...names: readonly string[]): SignedCertificate {
  const folder = tempFolder(scope)
  const openssl = (...words: string[]) => execFileSync('openssl', words, { cwd: folder, stdio: 'ignore' })
  const text = (name: string) => readFileSync(join(folder, name), 'utf8')
  const key = ['-newkey', 'rsa:2048', '-nodes']
  const alternative = `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`
  openssl('req', '-x509', ...key, '-days', '2', '-subj', '/CN=authority', '-keyout', 'ca.key', '-out', 'ca.pem')
  openssl(
    'req',
    ...key,
    '-subj',
    `/CN=${names[0]}`,
    '-addext',
    alternative,
    '-keyout',
    'server.key',
    '-out',
    'server.csr',
  )
  const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-copy_extensions', 'copy', '-days', '2']
  openssl('x509', '-req', '-in', 'server.csr', ...by, '-out', 'server.pem')
  return { key: text('server.key'), cert: text('server.pem') + text('ca.pem'), authorityFile: join(folder, 'ca.pem') }
}
