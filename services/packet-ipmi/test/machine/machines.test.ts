import { DrpApiError, type DrpClient, decodeMachine, type ListQuery } from '@powerbus/drp'
import { test } from 'tap'
import { drpMachines } from '../../src/machine/machines.ts'

const call = { signal: new AbortController().signal, timeoutMs: 1000 }
const machine = (Name: string, Params: object) =>
  decodeMachine({ Name, Uuid: '3b4e8d4e-7d3c-4a4f-8f7e-0123456789ab', Params })
const all = [
  machine('ours', { 'machine-plugin': 'packet-ipmi' }),
  machine('theirs', { 'machine-plugin': 'other' }),
  machine('nobodys', {}),
]

/** An endpoint that answers lists by a param as `byParam` does. */
function endpoint(byParam: () => Promise<typeof all>) {
  const queries: ListQuery[] = []
  const list = (query: ListQuery) => {
    queries.push(query)
    return query.where ? byParam() : Promise.resolve(all)
  }
  return { queries, machines: drpMachines(() => ({ machines: { list } }) as unknown as DrpClient) }
}

test('machines of the plugin are found also where a DRP does not know machine-plugin as an index', async (t) => {
  const { queries, machines } = endpoint(async () => {
    throw new DrpApiError('refused', 'GET machines: Filter not found: machine-plugin', { status: 406 })
  })
  t.strictSame(
    (await machines.ofPlugin('packet-ipmi', call)).map(({ Name }) => Name),
    ['ours'],
  )
  t.strictSame(queries, [{ where: { 'machine-plugin': 'Eq(packet-ipmi)' }, slim: ['Meta'] }, { slim: ['Meta'] }])
})

test('no other refusal makes the plugin ask for all machines', async (t) => {
  const { queries, machines } = endpoint(async () => {
    throw new DrpApiError('refused', 'GET machines: no', { status: 400 })
  })
  await t.rejects(machines.ofPlugin('packet-ipmi', call), { code: 'REQUEST_INVALID' })
  t.equal(queries.length, 1)
})

test('an index that also matches values of profiles finds the own values alone', async (t) => {
  const { queries, machines } = endpoint(async () => all)
  t.equal((await machines.ofPlugin('packet-ipmi', call)).length, 1)
  t.equal(queries.length, 1)
})
