import { test } from 'tap'
import { getChassisStatus } from '../../src/commands/index.ts'
import { cipherSuites } from '../../src/crypto/cipher-suite.ts'
import { algorithmPayloadHeaders, openSessionRequest } from '../../src/handshake/open-session.ts'
import { PayloadType } from '../../src/spec/payload-type.ts'
import { plainPacket } from '../../src/wire/plain-packet.ts'
import { memoryLab } from '../client/memory-lab.ts'

const { authenticationAlgorithm, integrityAlgorithm, confidentialityAlgorithm } = cipherSuites[17]
const algorithms = { authenticationAlgorithm, integrityAlgorithm, confidentialityAlgorithm }

test('a client logs in at once while a stranger floods the BMC with half-open sessions', async (t) => {
  const lab = memoryLab()
  const { bmc, target } = await lab.addBmc()
  let consoleSessionId = 1
  const flood = () => {
    for (let i = 0; i < 4; i++) {
      const request = { ...algorithmPayloadHeaders, ...algorithms, tag: 0, privilege: 4, consoleSessionId }
      const datagram = plainPacket.encode(PayloadType.OpenSessionRequest, openSessionRequest.encode(request))
      const fromPort = 1024 + (consoleSessionId % 60_000)
      lab.network.send({ datagram, fromAddress: '10.66.0.1', fromPort, toAddress: target.address, toPort: 623 })
      consoleSessionId++
    }
    if (consoleSessionId < 8000) lab.clock.after(1, flood)
  }
  flood()
  await lab.clock.pass(1000)
  t.equal(bmc.sessionCount, 32, 'the table is full of half-open sessions')
  const times: number[] = []
  const logins = (async () => {
    for (let i = 0; i < 20; i++) {
      const startMs = lab.clock.nowMs()
      await lab.client.run(target, (session) => session.send(getChassisStatus))
      times.push(lab.clock.nowMs() - startMs)
    }
  })()
  await lab.clock.pass(1000)
  await logins
  t.equal(bmc.counters.sessions, 20)
  // Four round trips of 2 ms each.
  t.ok(Math.max(...times) <= 9, `${times}`)
})
