import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { createUser } from '@nats-io/nkeys'
import { startNatsServer, tempFolder } from '@powerbus/testkit'
import { type Test, test } from 'tap'
import { busOptionsFromEnvironment } from '../../src/index.ts'
import { operatorMode } from '../fixtures/operator-mode.ts'
import { busFor, eventWith } from '../fixtures/test-bus.ts'

function secretFile(t: Test, text: string | Uint8Array): string {
  const path = join(tempFolder(t), 'secret')
  writeFileSync(path, text, { mode: 0o600 })
  return path
}

test('user and password: from options, from the address, from a file; a wrong one is said at once, and never repeated', async (t) => {
  const { url, port } = await startNatsServer(t, {
    configuration: 'authorization { user: "us er", password: "pass:wörd" }',
  })
  const credentials = 'us%20er:pass%3Aw%C3%B6rd'
  const buses = [
    await busFor(t, { url, user: 'us er', password: 'pass:wörd' }),
    await busFor(t, { url: `nats://${credentials}@127.0.0.1:${port}` }),
    await busFor(t, { url, user: 'us er', passwordFile: secretFile(t, 'pass:wörd\n') }),
  ]
  for (const bus of buses) {
    await bus.publish(eventWith())
    t.notMatch(inspect(bus, { depth: 20, showHidden: true }), /pass:w/)
  }
  for (const wrong of [{}, { user: 'us er', password: 'hunter2' }]) {
    const error: unknown = await busFor(t, { url, ...wrong }).catch((cause) => cause)
    t.match(error, { code: 'UNAUTHORISED' })
    t.notMatch(inspect(error, { depth: 20, showHidden: true }), /hunter2/)
  }
})

test('a token, from an option and from a file', async (t) => {
  const { url } = await startNatsServer(t, { configuration: 'authorization { token: "tok-1234" }' })
  await (await busFor(t, { url, token: 'tok-1234' })).publish(eventWith())
  await (await busFor(t, { url, tokenFile: secretFile(t, 'tok-1234\n') })).publish(eventWith())
  await t.rejects(busFor(t, { url, token: 'tok-12345' }), { code: 'UNAUTHORISED' })
})

test('an nkey, from a file with its seed', async (t) => {
  const user = createUser()
  const configuration = `authorization { users: [ { nkey: ${user.getPublicKey()} } ] }`
  const { url } = await startNatsServer(t, { configuration })
  await (await busFor(t, { url, nkeyFile: secretFile(t, user.getSeed()) })).publish(eventWith())
  await t.rejects(busFor(t, { url, nkeyFile: secretFile(t, createUser().getSeed()) }), { code: 'UNAUTHORISED' })
})

test('a creds file, with a JWT and its seed', async (t) => {
  const { configuration, creds, foreignCreds } = operatorMode()
  const { url } = await startNatsServer(t, { configuration })
  const bus = await busFor(t, { url, credsFile: secretFile(t, creds) })
  await bus.publish(eventWith())
  t.notMatch(inspect(bus, { depth: 20, showHidden: true }), /SU[A-Z2-7]{20}/)
  await t.rejects(busFor(t, { url, credsFile: secretFile(t, foreignCreds) }), { code: 'UNAUTHORISED' })
})

test('TLS: the server is checked, and knows us by our certificate', async (t) => {
  const folder = tempFolder(t)
  certificates(folder)
  const path = (name: string) => join(folder, name)
  const files = `cert_file: "${path('server.pem')}", key_file: "${path('server.key')}", ca_file: "${path('ca.pem')}"`
  const { port } = await startNatsServer(t, { configuration: `tls { ${files}, verify: true }` })
  const url = `tls://127.0.0.1:${port}`
  const own = { caFile: path('ca.pem'), certFile: path('client.pem'), keyFile: path('client.key') }
  await (await busFor(t, { url, ...own })).publish(eventWith())
  await (await busFor(t, { url: `nats://127.0.0.1:${port}`, ...own })).publish(eventWith())
  const soon = { connectTimeoutMs: 300 }
  await t.rejects(busFor(t, { url, caFile: own.caFile, ...soon }), 'without a certificate of our own')
  certificates(folder, 'IP:127.0.0.2')
  const elsewhere = await startNatsServer(t, { configuration: `tls { ${files} }` })
  const wrongName = { url: elsewhere.url, caFile: path('ca.pem') }
  await t.rejects(busFor(t, { ...wrongName, ...soon }), { code: 'UNAVAILABLE' }, 'of another address')
  await t.rejects(busFor(t, { url, certFile: own.certFile, keyFile: own.keyFile, ...soon }), 'without their authority')
})

function certificates(folder: string, subject = 'IP:127.0.0.1'): void {
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  openssl('req', '-x509', ...key, '-days', '2', '-subj', '/CN=authority', '-keyout', 'ca.key', '-out', 'ca.pem')
  for (const name of ['server', 'client']) {
    openssl('req', ...key, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`)
    writeFileSync(join(folder, 'extensions'), `subjectAltName=${subject}\n`)
    const ca = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'extensions']
    openssl('x509', '-req', '-in', `${name}.csr`, '-out', `${name}.pem`, ...ca)
  }
}

test('an address that is none, a file that is missing, a server that is not there', async (t) => {
  await t.rejects(busFor(t, { url: 'http://127.0.0.1:4222' }), { code: 'INPUT' })
  const error: unknown = await busFor(t, { url: 'nats://u:hunter2@' }).catch((cause) => cause)
  t.match(error, { code: 'INPUT' })
  t.notMatch(inspect(error, { depth: 20 }), /hunter2/)
  await t.rejects(busFor(t, { url: 'nats://127.0.0.1:9', credsFile: '/nonexistent' }), { code: 'INPUT' })
  for (const name of ['credsFile', 'nkeyFile']) {
    const broken: unknown = await busFor(t, { url: 'nats://127.0.0.1:9', [name]: secretFile(t, 'hunter2') }).catch(
      (cause) => cause,
    )
    t.match(broken, { code: 'INPUT' })
    t.notMatch(inspect(broken, { depth: 20 }), /hunter2/)
  }
  await t.rejects(busFor(t, { url: 'nats://127.0.0.1:9', connectTimeoutMs: 300 }), { code: 'UNAVAILABLE' })
})

test('a server without JetStream is no bus', async (t) => {
  const { url } = await startNatsServer(t, { configuration: 'accounts { A { users: [{ user: a, password: a }] } }' })
  await t.rejects(busFor(t, { url, user: 'a', password: 'a', connectTimeoutMs: 500 }), { code: 'UNAVAILABLE' })
})

test('the environment names address and credentials; what is empty is absent', async (t) => {
  t.same(busOptionsFromEnvironment({ NATS_URL: 'nats://a:1', NATS_USER: '', NATS_CREDS_FILE: '/c', OTHER: 'x' }), {
    url: 'nats://a:1',
    credsFile: '/c',
  })
  t.same(busOptionsFromEnvironment({}), {})
})
