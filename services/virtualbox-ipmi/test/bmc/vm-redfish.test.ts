import { request } from 'node:https'
import { freeTcpPort } from '@powerbus/testkit'
import { test } from 'tap'
import { call } from '../vm-bench.ts'
import { login, openOneBmc, openRackBench } from './rack-bench.ts'

/** Sends a request to the service, whatever its certificate. */
function send(port: number, method: string, path: string, body?: unknown) {
  const auth = `${login.username}:${login.password}`
  return new Promise<{ readonly status: number | undefined; readonly body: string }>((resolve, reject) => {
    const options = { host: '127.0.0.1', port, method, path, auth, agent: false, rejectUnauthorized: false }
    const outgoing = request(options, (answer) => {
      let text = ''
      answer.on('data', (chunk) => {
        text += String(chunk)
      })
      answer.on('end', () => resolve({ status: answer.statusCode, body: text }))
    })
    outgoing.on('error', reject)
    outgoing.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

test('a VM is a Redfish system that boots once by an override, as its BMC shows', async (t) => {
  const redfishPort = await freeTcpPort()
  const { vm, becomes, tool, hypervisor } = await openOneBmc(t, { redfishPort })
  hypervisor.set(vm.id, { bootOrder: ['disk', 'net', 'none', 'none'] })
  const system = `/redfish/v1/Systems/${vm.id}`
  const boot = { BootSourceOverrideTarget: 'Pxe', BootSourceOverrideEnabled: 'Once' }
  t.equal((await send(redfishPort, 'PATCH', system, { Boot: boot })).status, 200)
  t.match(await tool('chassis', 'bootparam', 'get', '5'), /PXE/)
  const reset = `${system}/Actions/ComputerSystem.Reset`
  t.equal((await send(redfishPort, 'POST', reset, { ResetType: 'On' })).status, 204)
  await becomes('running')
  t.same(hypervisor.done.at(-1), 'start a net')
  t.match(JSON.parse((await send(redfishPort, 'GET', system)).body), {
    Name: vm.name,
    UUID: vm.id.toLowerCase(),
    Boot: { BootSourceOverrideEnabled: 'Disabled' },
  })
})

test('the systems are the VMs that have a BMC, and the service ends with the rack', async (t) => {
  const redfishPort = await freeTcpPort()
  const { open, vms } = await openRackBench(t, { names: ['a', 'b'], redfishPort })
  const rack = open()
  for (const vm of vms) await rack.start(vm, call())
  const [first, second] = vms
  const systems = async () => {
    const { body } = await send(redfishPort, 'GET', '/redfish/v1/Systems')
    return JSON.parse(body).Members.map((member: { readonly '@odata.id': string }) =>
      member['@odata.id'].split('/').at(-1),
    )
  }
  t.same(await systems(), [first?.id, second?.id])
  await rack.remove(first?.id ?? '')
  t.same(await systems(), [second?.id])
  await rack.close()
  await t.rejects(send(redfishPort, 'GET', '/redfish/v1/'), { code: 'ECONNREFUSED' })
})

test('a taken port names the param to change', async (t) => {
  const redfishPort = await freeTcpPort()
  const { open, vms } = await openRackBench(t, { redfishPort })
  const [vm] = vms
  if (!vm) return t.fail('there is no VM')
  await open().start(vm, call())
  await t.rejects(open().start(vm, call()), { code: 'OBJECT_CONFLICT', message: /virtualbox\/redfish-port/ })
})
