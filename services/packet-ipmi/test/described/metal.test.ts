import { join } from 'node:path'
import { test } from 'tap'
import { everyCall, openDescribed } from './metal-suite.ts'

const description = join(import.meta.dirname, 'metal.yaml')

test('every request and every answer of the emulated cloud is valid by our description of the API', async (t) => {
  const described = await openDescribed(t, description)
  await everyCall(t, described)
  const { api, cloud, prism } = described
  const call = { signal: new AbortController().signal, timeoutMs: 20_000 }
  const [{ id: projectId } = { id: '' }] = api.projects
  const spec = { projectId, hostname: 'n', plan: 'baremetal_0', facility: 'ewr1', alwaysPxe: true, ipxeScriptUrl: '' }
  api.faults.add({ effect: { kind: 'noServers' }, calls: ['createDevice'] })
  await t.rejects(cloud.create(spec, 'x', call), { code: 'TARGET_STATE' })
  for (const status of [403, 429] as const) {
    api.faults.add({ effect: { kind: 'rateLimit', status, resetMs: 100 } })
    await cloud.projects(call)
  }
  t.same(prism.problems, [])
  t.ok(prism.exchanges > 30)
})

test('Prism reports a request and an answer that the description does not allow', async (t) => {
  const { api, cloud, prism } = await openDescribed(t, description)
  const headers = { 'x-auth-token': api.apiKey, 'content-type': 'application/json' }
  const [{ id } = { id: '' }] = api.projects
  const order = { method: 'POST', headers, body: JSON.stringify({ plan: 'baremetal_0', surprise: true }) }
  await (await fetch(`${prism.url}/projects/${id}/devices`, order)).text()
  const requests = prism.problems.length
  t.ok(requests > 0)
  const call = { signal: new AbortController().signal, timeoutMs: 20_000 }
  api.faults.add({ effect: { kind: 'answer', status: 200, body: '{"projects":[{"id":7}]}' } })
  await cloud.projects(call).catch(() => undefined)
  const answers = prism.problems.length
  t.ok(answers > requests)
  await (await fetch(`${prism.url}/plans`, { headers })).text()
  t.ok(prism.problems.length > answers, 'a call that the description does not have')
})
