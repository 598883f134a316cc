import { randomBytes } from 'node:crypto'
import { test } from 'tap'
import { createBmc, listenBmc } from '../../src/bmc/index.ts'
import { AddressTurns } from '../../src/client/address-turns.ts'
import { IpmiClient, IpmiError, type LiteralAddress, readPower, systemClock } from '../../src/index.ts'
import { PayloadType } from '../../src/spec/payload-type.ts'
import type { Transport } from '../../src/transport/transport.ts'
import { type MemoryLab, memoryLab } from './memory-lab.ts'

const SILENT = ['10.255.0.1', '10.255.0.2', '10.255.0.3'] as const
const login = { username: 'admin', password: 'secret' }
const target = { ...login, address: 'bmc.example' }

const v4 = (address: string): LiteralAddress => ({ address, family: 4 })

/** A lab whose name has what `addresses` has at the time. */
function namedLab(addresses: LiteralAddress[], options: { transport?: (lab: MemoryLab) => Transport } = {}) {
  const asked = { count: 0 }
  const resolveHost = async () => {
    asked.count += 1
    return addresses
  }
  const lab = memoryLab({}, { resolveHost })
  const client =
    options.transport && new IpmiClient({ transport: options.transport(lab), clock: lab.clock, resolveHost })
  return { ...lab, client: client ?? lab.client, asked }
}

/** The RMCP+ payload types that were sent to an address. */
function sentTo({ sent }: Pick<MemoryLab, 'sent'>, address: string): Set<number> {
  return new Set(sent.filter((packet) => packet.toAddress === address).map(({ datagram }) => (datagram[5] ?? 0) & 0x3f))
}

const failed = async (run: Promise<unknown>) =>
  await run.then(
    () => undefined,
    (error: unknown) => error,
  )

test('the addresses of a name are tried one after the other, and the one that answered comes first the next time', async (t) => {
  const addresses = [v4(SILENT[0]), v4(SILENT[1])]
  const lab = namedLab(addresses)
  const bmc = await lab.addBmc()
  addresses.push(v4(bmc.target.address), v4(SILENT[2]))
  t.equal(await lab.clock.run(lab.client.run(target, readPower)), 'on')
  const tookMs = lab.clock.nowMs()
  t.ok(tookMs > 4000 && tookMs < 6000, `${tookMs} ms for two that are silent`)
  for (const address of SILENT.slice(0, 2)) {
    t.same([...sentTo(lab, address)], [PayloadType.OpenSessionRequest], 'nothing but Open Session')
  }
  t.equal(sentTo(lab, SILENT[2]).size, 0)
  lab.sent.length = 0
  t.equal(await lab.clock.run(lab.client.run(target, readPower)), 'on')
  t.ok(lab.clock.nowMs() - tookMs < 1000, 'at once')
  t.equal(sentTo(lab, SILENT[0]).size, 0)
  t.equal(lab.client.counters.sessionsOpened, 2)
  t.equal(lab.asked.count, 2)
  await lab.clock.run(lab.client.close())
})

test('an address that the system cannot send to, or whose family it does not have, is left at once', async (t) => {
  const addresses: LiteralAddress[] = [{ address: '2001:db8::1', family: 6 }, v4('10.254.0.1')]
  const transport = ({ network, clock }: MemoryLab): Transport => ({
    async open(options, handlers) {
      if (options.family === 6) throw Object.assign(new Error('no IPv6 here'), { code: 'EAFNOSUPPORT' })
      const socket = await network.open(options, handlers)
      return {
        ...socket,
        send(datagram, address, port) {
          if (!address.startsWith('10.254.')) socket.send(datagram, address, port)
          else {
            const cause = Object.assign(new Error('no route'), { code: 'EHOSTUNREACH' })
            clock.after(0, () => handlers.onSendError?.(cause, address, port))
          }
        },
      }
    },
  })
  const lab = namedLab(addresses, { transport })
  const bmc = await lab.addBmc()
  const error = await failed(lab.clock.run(lab.client.run(target, readPower)))
  t.match(error, { kind: 'unreachable', address: 'bmc.example:623', message: /2001:db8::1, 10\.254\.0\.1/ })
  t.equal(lab.clock.nowMs(), 0, 'at once')
  addresses.push(v4(bmc.target.address))
  t.equal(await lab.clock.run(lab.client.run(target, readPower)), 'on')
  t.ok(lab.clock.nowMs() < 500, `${lab.clock.nowMs()}`)
  await lab.clock.run(lab.client.close())
})

test('where no address answers, the run ends at its deadline, and the error names the addresses', async (t) => {
  const lab = namedLab(SILENT.map(v4))
  for (const timeoutMs of [900, 20_000]) {
    const beganMs = lab.clock.nowMs()
    lab.sent.length = 0
    const error = await failed(lab.clock.run(lab.client.run(target, readPower, { timeoutMs })))
    t.match(error, { kind: 'timeout', address: 'bmc.example:623', waitedMs: timeoutMs, datagrams: lab.sent.length })
    t.match((error as IpmiError).message, /from its addresses 10\.255\.0\.1, 10\.255\.0\.2, 10\.255\.0\.3/)
    t.equal(lab.clock.nowMs() - beganMs, timeoutMs)
    for (const address of SILENT) t.ok(sentTo(lab, address).size > 0, `${address} was tried in ${timeoutMs} ms`)
  }
  t.equal(lab.client.counters.sessionsOpened, 0)
  await lab.clock.run(lab.client.close())
})

test('once an address has answered, no other is tried: neither for a slow BMC nor for one that refuses', async (t) => {
  const slow = memoryLab({ delayMs: 1100 }, { resolveHost: async () => [v4('10.0.0.0'), v4('10.0.0.1')] })
  const [first, second] = [await slow.addBmc(), await slow.addBmc()]
  const late = await failed(slow.clock.run(slow.client.run(target, readPower, { timeoutMs: 6000 })))
  t.match(late, { kind: 'timeout', address: '10.0.0.0:623' })
  const beganMs = slow.clock.nowMs()
  t.equal(await slow.clock.run(slow.client.run(target, readPower)), 'on')
  t.ok(slow.clock.nowMs() - beganMs > 4800, 'longer than two turns')
  t.equal(sentTo(slow, second.target.address).size, 0)
  t.ok(sentTo(slow, first.target.address).has(PayloadType.Rakp3))
  await slow.clock.run(slow.client.close())

  const lab = namedLab([v4('10.0.0.0'), v4('10.0.0.1')])
  await lab.addBmc()
  await lab.addBmc()
  const error = await failed(lab.clock.run(lab.client.run({ ...target, password: 'wrong' }, readPower)))
  t.match(error, { kind: 'credentials', address: '10.0.0.0:623' })
  t.equal(sentTo(lab, '10.0.0.1').size, 0)
  await lab.clock.run(lab.client.close())
})

test('a kept connection whose session did not open resolves the name again, and an open session stays where it is', async (t) => {
  const addresses = [v4(SILENT[0]), v4(SILENT[1])]
  const lab = namedLab(addresses)
  const bmc = await lab.addBmc()
  const connection = lab.client.open(target)
  t.match(await failed(lab.clock.run(connection.run(readPower, { timeoutMs: 3000 }))), { kind: 'timeout' })
  addresses[1] = v4(bmc.target.address)
  t.equal(await lab.clock.run(connection.run(readPower)), 'on')
  addresses[1] = v4(SILENT[2])
  t.equal(await lab.clock.run(connection.run(readPower)), 'on')
  t.equal(lab.asked.count, 2)
  t.equal(lab.client.counters.sessionsOpened, 1)
  connection.close()
  await lab.clock.run(lab.client.close())
})

test('a caller that gives up, and a client that closes, end the search', async (t) => {
  for (const end of ['abort', 'close', 'client'] as const) {
    const lab = namedLab(SILENT.map(v4))
    const connection = lab.client.open(target)
    const abort = new AbortController()
    const run = failed(connection.run(readPower, { signal: abort.signal }))
    await lab.clock.run(lab.clock.sleep(3000, new AbortController().signal))
    if (end === 'abort') abort.abort()
    else if (end === 'close') connection.close()
    else await lab.clock.run(lab.client.close())
    t.match(await lab.clock.run(run), { kind: end === 'abort' ? 'aborted' : 'closed' }, end)
    const sent = lab.sent.length
    await lab.clock.run(lab.clock.sleep(20_000, new AbortController().signal))
    t.equal(lab.sent.length, sent, 'nothing is sent any more')
  }
})

test('over UDP: a name with an address of each family, of which one has a BMC', async (t) => {
  const bmc = createBmc({
    clock: systemClock,
    random: randomBytes,
    users: [{ name: 'admin', password: 'secret' }],
    chassis: { isOn: () => true, control: () => 'accepted' },
  })
  const listener = await listenBmc(bmc, { address: '::1', port: 0 })
  t.teardown(() => listener.close())
  const addresses: LiteralAddress[] = [v4('127.0.0.99'), { address: '::1', family: 6 }]
  const client = new IpmiClient({ resolveHost: async () => addresses })
  t.teardown(() => client.close())
  const named = { ...target, port: listener.port }
  t.equal(await client.run(named, readPower, { timeoutMs: 3000 }), 'on')
  const before = client.counters.datagramsSent
  t.equal(await client.run(named, readPower), 'on')
  t.ok(client.counters.datagramsSent - before <= 12, 'the one that answered is the first')
})

test('turns share the time among the addresses, and begin again with more patience', async (t) => {
  const turns = new AddressTurns(SILENT.map(v4), 20_000)
  const seen: [string, number][] = []
  let nowMs = 0
  for (let turn = turns.next(nowMs); turn !== undefined; turn = turns.next(nowMs)) {
    seen.push([turn.literal.address.slice(-1), turn.untilMs - nowMs])
    turns.failed(turn, new IpmiError('timeout', '', ''))
    nowMs = turn.untilMs
  }
  t.same(seen.slice(0, 3), [
    ['1', 2400],
    ['2', 2400],
    ['3', 2400],
  ])
  t.same(
    seen.slice(3).map(([address]) => address),
    ['1', '2', '3'],
  )
  t.ok(
    seen.slice(3).every(([, ms]) => ms > 4200),
    'longer than before',
  )
  t.equal(nowMs, 20_000)
})
