import { randomBytes } from 'node:crypto'
import { type Test, test } from 'tap'
import { type BmcFaults, createBmc, listenBmc } from '../../src/bmc/index.ts'
import {
  ChassisControl,
  chassisControl,
  getChassisStatus,
  IpmiClient,
  IpmiError,
  type IpmiSession,
  readPower,
  systemClock,
} from '../../src/index.ts'

type Rule = NonNullable<BmcFaults['rules']>[number]

async function startBmc(t: Test, rules: readonly Rule[]) {
  const orders: string[] = []
  const bmc = createBmc({
    clock: systemClock,
    random: randomBytes,
    users: [{ name: 'admin', password: 'secret' }],
    chassis: {
      isOn: () => true,
      control(verb) {
        orders.push(verb)
        return 'accepted'
      },
    },
    faults: { rules },
  })
  const listener = await listenBmc(bmc, { address: '127.0.0.1', port: 0 })
  t.teardown(() => listener.close())
  const target = { address: '127.0.0.1', port: listener.port, username: 'admin', password: 'secret' }
  return { bmc, orders, target }
}

const reset = async (session: IpmiSession) => {
  await readPower(session)
  await session.send(chassisControl, { control: ChassisControl.hardReset })
}

const kindOf = (run: Promise<unknown>) =>
  run.then(
    () => 'done',
    (error: unknown) => {
      if (!(error instanceof IpmiError)) throw error
      return error.kind
    },
  )

test('over UDP: lost, late and missing answers are told apart, and nothing is done twice', async (t) => {
  const client = new IpmiClient()
  t.teardown(() => client.close())
  const control = (effect: Partial<Rule>): Rule => ({ message: 'Chassis Control', ...effect })
  const cases = [
    { rules: [control({ lose: 'answer' })], kind: 'done', executed: 1 },
    { rules: [control({ answerAfterMs: 4000 })], kind: 'done', executed: 1 },
    { rules: [control({ lose: 'request' })], kind: 'not-answered', executed: 0 },
    { rules: [control({ completionCode: 0xd5, answerAfterMs: 1500 })], kind: 'completion', executed: 0 },
  ]
  const machines = await Promise.all(cases.map(({ rules }) => startBmc(t, rules)))
  const kinds = await Promise.all(machines.map(({ target }) => kindOf(client.run(target, reset))))
  for (const [i, { kind, executed }] of cases.entries()) {
    t.equal(kinds[i], kind)
    t.equal(machines[i]?.orders.length, executed)
    t.equal(machines[i]?.bmc.counters.sessions, 1)
  }
})

test('over UDP: a status that is answered after 4 s takes one session', async (t) => {
  const client = new IpmiClient()
  t.teardown(() => client.close())
  const { bmc, target } = await startBmc(t, [{ message: 'Get Chassis Status', answerAfterMs: 4000 }])
  t.match(await client.run(target, (session) => session.send(getChassisStatus)), { powerOn: true })
  t.equal(bmc.counters.sessions, 1)
})
