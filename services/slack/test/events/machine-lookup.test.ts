import type { DrpClient } from '@powerbus/drp'
import { type Endpoint, Secret } from '@powerbus/plugin-sdk'
import { test } from 'tap'
import { MachineLookup } from '../../src/events/machine-lookup.ts'
import { actionEvent } from '../slack-world.ts'

const nothing = () => undefined
const log = { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing }

/** An endpoint whose API has one machine, or does not answer. */
function endpointOf(answers: { isUp: boolean; asked: number }): Endpoint {
  const answer = async <T>(value: T) => {
    answers.asked += 1
    if (!answers.isUp) throw new Error('no answer')
    return value
  }
  const machines = { get: () => answer({ Profiles: ['lab'] }), params: () => answer({ rack: 'r1' }) }
  return {
    apiUrl: '',
    token: new Secret(''),
    fileServerUrl: '',
    webRoot: '',
    publish: async () => undefined,
    objects: async () => [],
    api: () => ({ machines }) as unknown as DrpClient,
  }
}

test('params and profiles of a machine are read once a minute', async (t) => {
  const answers = { isUp: true, asked: 0 }
  const lookup = new MachineLookup()
  const endpoint = endpointOf(answers)
  for (let round = 0; round < 5; round += 1) {
    t.same(await lookup.find(actionEvent('n'), 'u', endpoint, log), { params: { rack: 'r1' }, profiles: ['lab'] })
  }
  t.equal(answers.asked, 2)
})

test('if the endpoint does not answer, the event itself gives params and profiles, and the endpoint is not asked for each event', async (t) => {
  const answers = { isUp: false, asked: 0 }
  const lookup = new MachineLookup()
  const endpoint = endpointOf(answers)
  const event = { ...actionEvent('n'), Action: 'delete', Object: { Params: { rack: 'r2' }, Profiles: ['old'] } }
  for (let round = 0; round < 5; round += 1) {
    t.same(await lookup.find(event, 'u', endpoint, log), { params: { rack: 'r2' }, profiles: ['old'] })
    t.equal(await lookup.find(actionEvent('n'), 'u', endpoint, log), undefined)
  }
  t.equal(answers.asked, 2)
})
