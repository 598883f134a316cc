import type { TLSSocket } from 'node:tls'
import { test } from 'tap'
import type { RedfishError, TlsSettings } from '../../src/index.ts'
import { call } from '../fixture/connected.ts'
import { certificate, dial, startTlsBmc } from '../fixture/tls-bmc.ts'

const root = { RedfishVersion: '1.15.0', Vendor: 'Contoso' }

test('TLS is judged as the settings say, before anything is sent', async (t) => {
  const [good, other, wrongName, expired] = await Promise.all([
    certificate(),
    certificate(),
    certificate({ ip: '192.0.2.1' }),
    certificate({ expired: true }),
  ])
  const rows: [string, typeof good, TlsSettings, RegExp | undefined][] = [
    ['nothing is checked by default', good, {}, undefined],
    ['an unknown CA is refused', good, { verify: true }, /no trusted CA signed the certificate/],
    ['the own CA is accepted', good, { ca: good.cert }, undefined],
    ['another CA is refused', good, { ca: other.cert }, /no trusted CA/],
    ['another name is refused', wrongName, { ca: wrongName.cert }, /for another name/],
    ['an expired one is refused', expired, { ca: expired.cert }, /expired/],
    ['the pinned fingerprint is accepted', good, { fingerprint: good.fingerprint }, undefined],
    ['with a pin neither name nor date counts', expired, { fingerprint: expired.fingerprint, verify: true }, undefined],
    [
      'a pin in plain hex',
      wrongName,
      { fingerprint: wrongName.fingerprint.replaceAll(':', '').toLowerCase() },
      undefined,
    ],
    ['another fingerprint is refused', good, { fingerprint: other.fingerprint }, /another certificate than the pinned/],
  ]
  for (const [name, cert, tls, refused] of rows) {
    let requests = 0
    const bmc = await startTlsBmc(t, cert, (_request, response) => {
      requests += 1
      response.end(JSON.stringify(root))
    })
    const { connection } = dial(t, bmc, tls)
    const found = await connection.root(call()).catch((error: RedfishError) => error)
    if (!refused) t.match(found, { body: root }, name)
    else t.match(found, { kind: 'tls', sent: false, message: refused }, name)
    t.equal(requests, refused ? 0 : 1, name)
  }
})

test('a new connection resumes the TLS session, but not where a certificate is pinned, which it would not show', async (t) => {
  const pinned = await certificate()
  const bmc = await startTlsBmc(t, pinned, (_request, response) => {
    response.setHeader('connection', 'close')
    response.end(JSON.stringify({ Resumed: (response.socket as TLSSocket).isSessionReused() }))
  })
  for (const { fingerprint, last } of [{ last: true }, { fingerprint: pinned.fingerprint, last: false }]) {
    const { connection } = dial(t, bmc, fingerprint === undefined ? {} : { fingerprint })
    await connection.get('/redfish/v1/Systems', call())
    const { body } = await connection.get('/redfish/v1/Systems', call())
    t.equal(body.Resumed, last)
  }
})
