import { DrpApiError, type JsonObject } from '@powerbus/drp'
import { type Test, test } from 'tap'
import type { Endpoint } from '../../src/endpoint.ts'
import { Secret } from '../../src/index.ts'
import { assertMayTakeDown, type TakingDown } from '../../src/power/protection.ts'

const Uuid = '6a7e0f0e-5a9f-4a39-9f6e-6d1b7c1b8a11'

/** An endpoint whose machine has these params; a function throws what the API says. */
function endpoint(params: JsonObject | (() => never), token = 'token') {
  const asked: string[] = []
  const api = {
    machines: {
      params: async (key: string, query: object) => {
        asked.push(`${key} ${JSON.stringify(query)}`)
        return typeof params === 'function' ? params() : params
      },
    },
  }
  return { asked, token: new Secret(token), api: () => api as unknown as ReturnType<Endpoint['api']> }
}

const action = (facts: Partial<TakingDown>): TakingDown => ({
  command: 'poweroff',
  params: { 'power/protected': false },
  model: { Uuid, Name: 'm1', Params: {} },
  signal: new AbortController().signal,
  ...facts,
})
const isProtected = (value: unknown) => ({ 'power/protected': value })

async function refused(t: Test, facts: Partial<TakingDown>, title: string): Promise<void> {
  await t.rejects(assertMayTakeDown(action(facts), 'bmc 1'), { code: 'TARGET_PROTECTED' }, title)
}

test('the request, the machine as received and the machine at the endpoint can each protect it', async (t) => {
  await refused(t, { params: { 'power/protected': true } }, 'the request')
  for (const value of [true, 'true', { Key: '', Nonce: '', Payload: '' }]) {
    await refused(t, { model: { Uuid, Params: isProtected(value) } }, `the machine: ${JSON.stringify(value)}`)
    await refused(t, { endpoint: endpoint(isProtected(value)) }, `its endpoint: ${JSON.stringify(value)}`)
  }
  const asked = endpoint(isProtected(false))
  await assertMayTakeDown(action({ endpoint: asked }), 'bmc 1')
  t.same(asked.asked, [`${Uuid} {"aggregate":true}`])
  await assertMayTakeDown(action({ endpoint: endpoint({}) }), 'bmc 1')
  await assertMayTakeDown(action({}), 'bmc 1')
})

test('where the endpoint does not say, the machine is not taken down', async (t) => {
  const kinds = ['unreachable', 'timeout', 'unauthorized', 'protocol', 'untrusted'] as const
  for (const kind of kinds) {
    const silent = endpoint(() => {
      throw new DrpApiError(kind, 'no word')
    })
    await refused(t, { endpoint: silent }, kind)
  }
})

test('the endpoint is not asked without a token, and not about what is no machine', async (t) => {
  const silent = endpoint(() => {
    throw new Error('asked')
  }, '')
  await assertMayTakeDown(action({ endpoint: silent }), 'bmc 1')
  const asked = endpoint({})
  await assertMayTakeDown(action({ endpoint: asked, model: { Name: 'plugin' } }), 'bmc 1')
  t.same(asked.asked, [])
})

test('an aborted action ends with the reason of its signal', async (t) => {
  const reason = new Error('too late')
  const silent = endpoint(() => {
    throw new DrpApiError('timeout', 'no word')
  })
  await t.rejects(assertMayTakeDown(action({ endpoint: silent, signal: AbortSignal.abort(reason) }), 'bmc 1'), reason)
})
