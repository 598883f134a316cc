import { randomBytes } from 'node:crypto'
import { type Test, test } from 'tap'
import { createBmc, listenBmc } from '../../src/bmc/index.ts'
import { IpmiClient, readPower, systemClock } from '../../src/index.ts'
import { udpTransport } from '../../src/transport/udp-transport.ts'

async function startBmc(t: Test, address: string): Promise<number> {
  const bmc = createBmc({
    clock: systemClock,
    random: randomBytes,
    users: [{ name: 'admin', password: 'secret' }],
    chassis: { isOn: () => true, control: () => 'accepted' },
  })
  const listener = await listenBmc(bmc, { address, port: 0 })
  t.teardown(() => listener.close())
  return listener.port
}

function startClient(t: Test, timeoutMs?: number): IpmiClient {
  const client = new IpmiClient(timeoutMs === undefined ? {} : { timeoutMs })
  t.teardown(() => client.close())
  return client
}

const login = { username: 'admin', password: 'secret' }

test('the client reads BMCs over UDP with IPv4 and IPv6 addresses in any spelling', async (t) => {
  const port4 = await startBmc(t, '127.0.0.1')
  const port6 = await startBmc(t, '::1')
  const client = startClient(t)
  t.equal(await client.run({ ...login, address: '127.0.0.1', port: port4 }, readPower), 'on')
  t.equal(await client.run({ ...login, address: '::1', port: port6 }, readPower), 'on')
  t.equal(await client.run({ ...login, address: '0:0:0:0:0:0:0:1', port: port6 }, readPower), 'on')
  t.equal(client.counters.sessionsOpened, 3)
})

test('many BMCs share one socket', async (t) => {
  const ports = await Promise.all(Array.from({ length: 50 }, () => startBmc(t, '127.0.0.1')))
  const client = startClient(t)
  const answers = await Promise.all(
    ports.map((port) => client.run({ ...login, address: '127.0.0.1', port }, readPower)),
  )
  t.equal(answers.length, 50)
})

test('a port without a listener times out, and the error has the address', async (t) => {
  const free = await udpTransport.open({ family: 4, address: '127.0.0.1' }, { onDatagram: () => undefined })
  await free.close()
  const client = startClient(t, 300)
  const error = await client
    .run({ ...login, address: '127.0.0.1', port: free.port }, readPower)
    .catch((thrown: unknown) => thrown)
  t.match(error, { kind: 'timeout', address: `127.0.0.1:${free.port}` })
})

test('the receive buffer is as large as the system grants', async (t) => {
  const plain = await udpTransport.open({ family: 4 }, { onDatagram: () => undefined })
  const large = await udpTransport.open({ family: 4, receiveBufferBytes: 4_194_304 }, { onDatagram: () => undefined })
  t.ok(large.receiveBufferBytes >= plain.receiveBufferBytes)
  await plain.close()
  await large.close()
})
