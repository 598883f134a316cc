import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type BusOptions, connectBus } from '@powerbus/bus'
import { type TestScope, tempFolder } from '@powerbus/testkit'
import { test } from 'tap'
import { startDeployedNats } from './deployed-servers.ts'

/** Certificates of one authority, for a server at 127.0.0.1 and for a client, in PEM files of a folder. */
function certificates(scope: TestScope): string {
  const folder = tempFolder(scope)
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  openssl('req', '-x509', ...key, '-days', '2', '-subj', '/CN=authority', '-keyout', 'ca.key', '-out', 'ca.crt')
  writeFileSync(join(folder, 'extensions'), 'subjectAltName=IP:127.0.0.1\n')
  for (const name of ['server', 'client']) {
    openssl('req', ...key, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`)
    const ca = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'extensions']
    openssl('x509', '-req', '-in', `${name}.csr`, '-out', `${name}.crt`, ...ca)
  }
  return folder
}

/** The committed configuration with its TLS block, as an operator uncomments it. */
function withTls(folder: string, verify: boolean) {
  return (text: string): string => {
    const block = text.replace(/^# (tls \{\n(?:#.*\n)*?)# \}/m, (found) => found.replace(/^# ?/gm, ''))
    if (block === text) throw new Error('the configuration has no TLS block')
    return block.replaceAll('/etc/nats/powerbus/tls', folder).replace('verify:    true', `verify: ${verify}`)
  }
}

for (const verify of [true, false]) {
  test(`the documented TLS set-up works ${verify ? 'with' : 'without'} client certificates`, async (t) => {
    const folder = certificates(t)
    const file = (name: string) => join(folder, name)
    const server = await startDeployedNats(t, withTls(folder, verify))
    const url = server.url.replace('nats://', 'tls://')
    const client = verify ? { certFile: file('client.crt'), keyFile: file('client.key') } : {}
    const busAs = async (user: string, options: Partial<BusOptions>) => {
      const access = { url, user, passwordFile: server.passwordFile(user), name: user, connectTimeoutMs: 3000 }
      const bus = await connectBus({ ...access, ...options })
      t.teardown(() => bus.close())
      await bus.connected()
      return bus
    }
    const secured = { caFile: file('ca.crt'), ...client }
    const endpoint = await busAs('endpoint', secured)
    const ipmi = await busAs('ipmi', secured)
    await ipmi.serve(['define', 'ipmi'], async () => ({ Name: 'ipmi' }))
    t.same(await endpoint.request(['define', 'ipmi'], {}, { timeoutMs: 5000 }), { Name: 'ipmi' })

    const soon = { connectTimeoutMs: 300 }
    await t.rejects(busAs('ipmi', { ...client, ...soon }), 'without the authority the server is not trusted')
    if (verify)
      await t.rejects(busAs('ipmi', { caFile: file('ca.crt'), ...soon }), 'a certificate of its own is asked for')
    const foreign = certificates(t)
    await t.rejects(busAs('ipmi', { ...client, caFile: join(foreign, 'ca.crt'), ...soon }), 'nor is another authority')
    const wrong = { ...secured, passwordFile: server.passwordFile('slack') }
    await t.rejects(busAs('ipmi', wrong), { code: 'UNAUTHORISED' }, 'a certificate replaces no password')
  })
}

test('a server that offers no TLS is refused where TLS is asked for', async (t) => {
  const server = await startDeployedNats(t)
  const url = server.url.replace('nats://', 'tls://')
  const bus = await connectBus({
    url,
    user: 'ipmi',
    password: server.password('ipmi'),
    name: 'ipmi',
    connectTimeoutMs: 300,
  })
  t.teardown(() => bus.close())
  await t.rejects(bus.connected(), { code: 'UNAVAILABLE' })
})
