import { test } from 'tap'
import { type ActionIdentity, actionEventId, actionEventKey } from '../../src/events/action-identity.ts'
import { runOf } from '../../src/host/run-of.ts'
import { defineAction } from '../../src/index.ts'

const survey = defineAction({ name: 'survey', model: '', description: 'S', params: [], run: async () => null })

function told(body: object, requestId = 'r') {
  const request = { Model: {}, Plugin: '', Command: 'survey', CommandSet: '', Params: {}, ...body }
  return runOf({ plugin: 'demo', name: 'configured', action: survey, request, params: {}, requestId, body: request })
}

test('each part of what an action is gives other ids, and so does each phase', async (t) => {
  const identity: ActionIdentity = { id: 'i', plugin: 'p', command: 'c', key: 'k' }
  const others = (['id', 'plugin', 'command', 'key'] as const).map((part) => ({ ...identity, [part]: 'other' }))
  const ids = [identity, ...others].map((one) => actionEventId(one, 'start'))
  ids.push(actionEventId(identity, 'end'), actionEventId(identity, 'error'))
  t.equal(new Set(ids).size, 7)
  t.equal(actionEventId({ ...identity }, 'start'), ids[0])
})

test('the key is the Uuid, or else the Name, and global for a system action', async (t) => {
  t.equal(actionEventKey('machines', { Uuid: 'u', Name: 'n' }), 'u')
  t.equal(actionEventKey('plugins', { Name: 'n' }), 'n')
  t.equal(actionEventKey('templates', { ID: 'i' }), 'i')
  t.equal(actionEventKey('cows', { Id: 'elsa' }), 'elsa')
  t.equal(actionEventKey('machines', {}), '')
  t.equal(actionEventKey('', {}), 'global')
  t.equal(actionEventKey('system', { Name: 'n' }), 'global')
})

test('a key is what a name may be, and a longer one is cut between characters so that the bus takes it', async (t) => {
  t.equal(actionEventKey('profiles', { Name: 'n'.repeat(255) }), 'n'.repeat(255))
  t.equal(actionEventKey('profiles', { Name: `n${'ä'.repeat(400)}` }), `n${'ä'.repeat(127)}`)
})

test('an ask is what the endpoint says it is, or else the named request with its correlation id, or else one of its own', async (t) => {
  const named = { Params: { 'power/request-id': 'named' } }
  t.equal(told({ ...named, ActionId: 'theirs' }).id, 'theirs')
  t.equal(told(named, 'same').id, told(named, 'same').id)
  t.not(
    told(named, 'one').id,
    told(named, 'other').id,
    'it is asked for again until it has an end, and each end is told',
  )
  t.not(told({}, 'same').id, told({}, 'same').id, 'a correlation id may be that of many actions')
})

test('its plugin is the object that the request names, or else the one that was configured', async (t) => {
  t.match(told({ Plugin: 'lamps' }), { plugin: 'demo', name: 'lamps' })
  t.match(told({}), { plugin: 'demo', name: 'configured' })
})
