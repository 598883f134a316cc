import { Agent, request } from 'node:https'
import { waitUntil } from '@powerbus/testkit'
import { IpmiClient, readBootFlags, writeBootFlags } from 'node-ipmi'
import { test } from 'tap'
import { startLab } from '../src/start-lab.ts'

const credentials = { username: 'admin', password: 'secret' }
const times = { powerUpMs: 1, powerDownMs: 1 }
const SYSTEM = '/redfish/v1/Systems/1'

interface Place {
  readonly port: number
  readonly certificate: string
}

/** Sends a request by TLS that trusts the rack's own certificate alone. */
async function send({ port, certificate }: Place, method: string, path: string, body?: unknown) {
  const agent = new Agent({ ca: certificate })
  const auth = `${credentials.username}:${credentials.password}`
  try {
    return await new Promise<{ readonly status: number; readonly body: string }>((resolve, reject) => {
      const outgoing = request({ host: '127.0.0.1', port, method, path, agent, auth }, (answer) => {
        let text = ''
        answer.on('data', (chunk) => {
          text += String(chunk)
        })
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: text }))
      })
      outgoing.on('error', reject)
      outgoing.end(body === undefined ? undefined : JSON.stringify(body))
    })
  } finally {
    agent.destroy()
  }
}

test('IPMI and Redfish show one machine, one boot override and one power state', async (t) => {
  const lab = await startLab({ count: 1, port: 0, faces: ['ipmi', 'redfish'], credentials, times })
  t.teardown(() => lab.close())
  const [bmc] = lab.bmcs
  const { ipmi, redfish } = bmc?.faces ?? {}
  if (!bmc || !ipmi || !redfish) return t.fail('the machine lacks a face')
  const client = new IpmiClient()
  t.teardown(() => client.close())
  const target = { address: ipmi.address, port: ipmi.port, ...credentials }

  const boot = { BootSourceOverrideTarget: 'Pxe', BootSourceOverrideEnabled: 'Once', BootSourceOverrideMode: 'UEFI' }
  t.equal((await send(redfish, 'PATCH', SYSTEM, { Boot: boot })).status, 200)
  t.match(await client.run(target, readBootFlags), { valid: true, persistent: false, efi: true, device: 1 })

  t.equal((await send(redfish, 'POST', `${SYSTEM}/Actions/ComputerSystem.Reset`, { ResetType: 'On' })).status, 204)
  await waitUntil('the machine to be on', () => bmc.machine.isOn())
  t.same(bmc.machine.lastBoot, { device: 'pxe', efi: true })
  t.match(await client.run(target, readBootFlags), { valid: false })

  await client.run(target, (session) => writeBootFlags(session, { device: 'cdrom', persistent: true, efi: false }))
  const shown = JSON.parse((await send(redfish, 'GET', SYSTEM)).body)
  t.match(shown, {
    PowerState: 'On',
    UUID: bmc.guid,
    Boot: { BootSourceOverrideTarget: 'Cd', BootSourceOverrideEnabled: 'Continuous', BootSourceOverrideMode: 'Legacy' },
  })
})

test('a rack of Redfish alone has no IPMI, and its address is that of Redfish', async (t) => {
  const lab = await startLab({ count: 2, port: 0, faces: ['redfish'], credentials })
  t.teardown(() => lab.close())
  for (const { port, faces } of lab.bmcs) {
    t.equal(faces.ipmi, undefined)
    t.equal(port, faces.redfish?.port)
    const root = await send(faces.redfish ?? { port, certificate: '' }, 'GET', '/redfish/v1/')
    t.equal(root.status, 200)
  }
})

test('a rack with a face that cannot listen closes those that could', async (t) => {
  const taken = await startLab({ count: 1, port: 0, faces: ['redfish'], credentials })
  t.teardown(() => taken.close())
  const port = taken.bmcs[0]?.port ?? 0
  await t.rejects(startLab({ count: 1, port, faces: ['ipmi', 'redfish'], credentials }), { code: 'EADDRINUSE' })
  const free = await startLab({ count: 1, port, faces: ['ipmi'], credentials })
  await free.close()
})
