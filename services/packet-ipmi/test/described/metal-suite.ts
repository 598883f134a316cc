import { Secret, systemClock } from '@powerbus/plugin-sdk'
import { type FaultyMetalApi, startFaultyMetalApi, startPrism } from '@powerbus/testkit'
import type { Test } from 'tap'
import type { Cloud } from '../../src/cloud/cloud.ts'
import { metalCloud } from '../../src/cloud/metal/metal.ts'

const quick = {
  queuedMs: 0,
  provisioningMs: 0,
  addressesMs: 0,
  portsMs: 0,
  powerOnMs: 0,
  powerOffMs: 0,
  deprovisionMs: 0,
}
const UNKNOWN = '00000000-0000-4000-8000-00000000000f'
const call = () => ({ signal: new AbortController().signal, timeoutMs: 20_000 })

/** The emulated cloud behind Prism, and packet-ipmi's accounts at Prism. */
export async function openDescribed(t: Test, description: string) {
  const api = await startFaultyMetalApi(t, { times: quick })
  const prism = await startPrism(t, { description, upstream: api.url })
  const account = (apiKey: string) => {
    const cloud = metalCloud({ url: prism.url, apiKey: new Secret(apiKey) }, systemClock)
    t.teardown(() => cloud.close())
    return cloud
  }
  return { api, prism, account, cloud: account(api.apiKey) }
}

/** Makes every request of packet-ipmi, with each of its parts and each of its refusals. */
export async function everyCall(t: Test, { api, cloud, account }: Awaited<ReturnType<typeof openDescribed>>) {
  const [project] = (await cloud.projects(call())).items
  const projectId = project?.id ?? ''
  const plain = { projectId, hostname: 'node', plan: 'baremetal_0', facility: 'ewr1', alwaysPxe: true }
  const spec = { ...plain, ipxeScriptUrl: '' }
  const made = await cloud.create({ ...spec, ipxeScriptUrl: 'http://boot/x.ipxe' }, 'powerbus-machine=1', call())
  const inMetro = await cloud.create({ ...spec, metro: 'sv', alwaysPxe: false }, 'powerbus-machine=2', call())
  t.match(await cloud.list({ projectId, tag: 'powerbus-machine=1' }, call()), { complete: true, items: { length: 1 } })
  for (let number = 0; number < 101; number++) await api.addDevice(`node-${number}`)
  t.match(await cloud.list({ projectId }, call()), { complete: true, items: { length: 103 } })
  await everyState(t, cloud, made.id)
  await cloud.setBoot(inMetro.id, { alwaysPxe: true, ipxeScriptUrl: 'http://boot/y.ipxe' }, call())
  await cloud.setBoot(inMetro.id, { alwaysPxe: false }, call())
  t.ok((await cloud.events?.(made.id, call()))?.length)
  t.equal(await cloud.delete(made.id, call()), 'accepted')
  await refusals(t, api, cloud, account('wrong'), spec)
}

async function everyState(t: Test, cloud: Cloud, id: string) {
  t.match((await cloud.get(id, call())) as object, { state: 'on', address: /^198\.18/, macs: { length: 2 } })
  t.equal(await cloud.power(id, 'on', call()), 'already')
  for (const power of ['reboot', 'rescue', 'off', 'on'] as const)
    t.equal(await cloud.power(id, power, call()), 'accepted')
}

async function refusals(
  t: Test,
  api: FaultyMetalApi,
  cloud: Cloud,
  wrong: Cloud,
  spec: Parameters<Cloud['create']>[0],
) {
  api.destine('moved', 'elastic', 'stuck', 'fails')
  const moved = await cloud.create(spec, 'powerbus-machine=3', call())
  for (let number = 0; number < 3; number++) await cloud.get((await cloud.create(spec, 'x', call())).id, call())
  await t.rejects(cloud.get(moved.id, call()), { code: 'AUTH_FAILED' })
  await t.rejects(cloud.setBoot(moved.id, { alwaysPxe: true }, call()), { code: 'AUTH_FAILED' })
  await t.rejects(cloud.delete(moved.id, call()), { code: 'AUTH_FAILED' })
  await t.rejects(async () => void (await cloud.events?.(moved.id, call())), { code: 'AUTH_FAILED' })
  t.equal(await cloud.get(UNKNOWN, call()), 'gone')
  t.equal(await cloud.delete(UNKNOWN, call()), 'gone')
  t.same(await cloud.events?.(UNKNOWN, call()), [])
  await t.rejects(cloud.power(UNKNOWN, 'on', call()), { code: 'OBJECT_UNKNOWN' })
  await t.rejects(cloud.setBoot(UNKNOWN, { alwaysPxe: true }, call()), { code: 'OBJECT_UNKNOWN' })
  await t.rejects(cloud.list({ projectId: UNKNOWN }, call()), { code: 'OBJECT_UNKNOWN' })
  await t.rejects(cloud.create({ ...spec, projectId: UNKNOWN }, 'x', call()), { code: 'OBJECT_UNKNOWN' })
  await t.rejects(cloud.create({ ...spec, plan: 'none' }, 'x', call()), { code: 'TARGET_STATE' })
  await t.rejects(wrong.projects(call()), { code: 'AUTH_FAILED' })
  await t.rejects(wrong.list({ projectId: spec.projectId }, call()), { code: 'AUTH_FAILED' })
  await t.rejects(wrong.create(spec, 'x', call()), { code: 'AUTH_FAILED' })
  await t.rejects(wrong.get(moved.id, call()), { code: 'AUTH_FAILED' })
  await t.rejects(wrong.power(moved.id, 'off', call()), { code: 'AUTH_FAILED' })
}
