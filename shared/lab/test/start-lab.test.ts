import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { freeUdpPort, waitUntil } from '@powerbus/testkit'
import {
  BootDevice,
  ChassisControl,
  chassisControl,
  getDeviceId,
  IpmiClient,
  readBootFlags,
  writeBootFlags,
} from 'node-ipmi'
import { test } from 'tap'
import { startLab } from '../src/start-lab.ts'

const credentials = { username: 'admin', password: 'secret' }

/** Sends an ASF presence ping; true if a pong comes back. §13.2.3 */
async function answersPing(address: string, port: number): Promise<boolean> {
  const socket = createSocket('udp4')
  socket.send(Buffer.from([6, 0, 0xff, 6, 0, 0, 0x11, 0xbe, 0x80, 0x2a, 0, 0]), port, address)
  const answered = await Promise.race([
    once(socket, 'message').then(() => true),
    new Promise<boolean>((resolve) => setTimeout(resolve, 2000, false)),
  ])
  socket.close()
  return answered
}

test('each BMC of a rack answers on its own port until close', async (t) => {
  const lab = await startLab({ count: 3, port: 0, credentials })
  t.teardown(() => lab.close())
  t.equal(new Set(lab.bmcs.map(({ port }) => port)).size, 3)
  t.equal(new Set(lab.bmcs.map(({ guid }) => guid)).size, 3)
  for (const { address, port } of lab.bmcs) t.ok(await answersPing(address, port))
  await lab.close()
  const [first] = lab.bmcs
  t.ok(first)
  if (!first) return
  const again = await startLab({ count: 1, port: first.port, credentials })
  await again.close()
})

test('with spread address all BMCs have the same port', async (t) => {
  const port = await freeUdpPort('127.0.0.1')
  const lab = await startLab({ count: 3, address: '127.9.8.254', port, spread: 'address', credentials })
  t.teardown(() => lab.close())
  t.same(
    lab.bmcs.map(({ address }) => address),
    ['127.9.8.254', '127.9.8.255', '127.9.9.0'],
  )
  t.same(new Set(lab.bmcs.map((bmc) => bmc.port)), new Set([port]))
})

test('a taken port is skipped with skipTaken; without it startLab fails and closes all sockets', async (t) => {
  const taken = await startLab({ count: 1, port: 0, credentials })
  t.teardown(() => taken.close())
  const port = taken.bmcs[0]?.port ?? 0
  const lab = await startLab({ count: 2, port, skipTaken: true, credentials })
  t.teardown(() => lab.close())
  t.ok(lab.bmcs.every((bmc) => bmc.port > port))
  await lab.close()
  await t.rejects(startLab({ count: 3, port, credentials }), { code: 'EADDRINUSE' })
  await t.rejects(startLab({ count: 3, port: 65_534, credentials }), RangeError)
})

test('a machine boots once from its boot flags', async (t) => {
  const times = { cycleOffMs: 1 }
  const lab = await startLab({ count: 1, port: 0, credentials, times, isOn: true })
  const client = new IpmiClient()
  t.teardown(async () => {
    await client.close()
    await lab.close()
  })
  const [bmc] = lab.bmcs
  t.ok(bmc)
  if (!bmc) return
  const { address, port, machine } = bmc
  await client.run({ address, port, ...credentials }, (session) =>
    writeBootFlags(session, { device: 'pxe', persistent: false, efi: true }),
  )
  t.match(await client.run({ address, port, ...credentials }, readBootFlags), {
    valid: true,
    device: BootDevice.pxe,
    efi: true,
  })
  const cycle = { control: ChassisControl.powerCycle }
  await client.run({ address, port, ...credentials }, (session) => session.send(chassisControl, cycle))
  await waitUntil('the end of the cycle', () => machine.isOn())
  t.same(machine.lastBoot, { device: 'pxe', efi: true })
  t.equal(machine.bootFlags, undefined)
  t.match(await client.run({ address, port, ...credentials }, readBootFlags), { valid: false })
})

test('each BMC of a rack has its own copy of the fault rules', async (t) => {
  const rules = [{ message: 'Get Device ID', completionCode: 0xc0, times: 1 }]
  const lab = await startLab({ count: 2, port: 0, credentials, faults: { rules } })
  t.teardown(() => lab.close())
  const client = new IpmiClient()
  t.teardown(() => client.close())
  for (const { address, port, bmc } of lab.bmcs) {
    const asked = client.run({ address, port, ...credentials }, (session) => session.send(getDeviceId))
    t.match(await asked.catch((error: unknown) => error), { completionCode: 0xc0 })
    t.match(bmc.faults.rules, [{ times: 0 }])
  }
  t.match(rules, [{ times: 1 }])
})
