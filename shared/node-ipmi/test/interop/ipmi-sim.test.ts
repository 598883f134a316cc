import { startIpmiSim, waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import {
  ChassisControl,
  type ChassisControlName,
  chassisControl,
  IpmiClient,
  readBootFlags,
  readPower,
  type Target,
  writeBootFlags,
} from '../../src/index.ts'

test("the client drives OpenIPMI's ipmi_sim through every power and boot command", async (t) => {
  const [bmc] = await startIpmiSim(t)
  if (bmc === undefined) throw new Error('no BMC')
  const client = new IpmiClient({ timeoutMs: 20_000 })
  t.teardown(() => client.close())
  const target: Target = { address: bmc.address, port: bmc.port, username: bmc.username, password: bmc.password }

  await t.test('a presence ping is answered', async (t) =>
    t.same(await client.ping(bmc.address, bmc.port), { ipmi: true }),
  )

  const control = (name: ChassisControlName) =>
    client.run(target, (session) => session.send(chassisControl, { control: ChassisControl[name] }))

  await t.test('power follows on, cycle, reset, soft and off', async (t) => {
    t.equal(await client.run(target, readPower), 'off')
    await control('powerUp')
    await waitUntil('the power', () => bmc.power())
    t.equal(await client.run(target, readPower), 'on')
    await control('powerCycle')
    await waitUntil('the end of the cycle', () => bmc.power())
    await control('hardReset')
    t.ok(bmc.orders().includes('reset 1'))
    await control('softShutdown')
    await control('powerDown')
    await waitUntil('the power to go', () => !bmc.power())
    t.equal(await client.run(target, readPower), 'off')
  })

  await t.test('each boot device is set and read back', async (t) => {
    for (const [device, name] of [
      ['pxe', 'pxe'],
      ['disk', 'default'],
      ['cdrom', 'cdrom'],
      ['bios', 'bios'],
      ['none', 'none'],
    ] as const) {
      await client.run(target, (session) => writeBootFlags(session, { device, persistent: false, efi: true }))
      t.equal(bmc.bootDevice(), name)
      await client.run(target, readBootFlags)
    }
  })

  await t.test('cipher suite 17 is unsupported, 3 is found', async (t) => {
    t.equal(await client.run(target, async (session) => session.cipherSuite), 3)
    const kind = await client
      .run({ ...target, cipherSuite: 17 }, readPower)
      .catch((error: { kind?: string }) => error.kind)
    t.equal(kind, 'unsupported')
  })

  await t.test('a wrong password and a wrong user are told within a second', async (t) => {
    for (const wrong of [{ password: 'wrong' }, { username: 'nobody' }]) {
      const error = await client.run({ ...target, ...wrong }, readPower).catch((thrown: unknown) => thrown)
      t.match(error, { kind: 'credentials' })
      t.ok((error as { waitedMs: number }).waitedMs < 1000)
    }
  })

  await t.test('a diagnostic interrupt that it cannot do is a completion code', async (t) => {
    await control('powerUp')
    const error = await control('diagnosticInterrupt').catch((thrown: unknown) => thrown)
    t.match(error, { kind: 'completion', completionCode: 0xcc })
  })
})
