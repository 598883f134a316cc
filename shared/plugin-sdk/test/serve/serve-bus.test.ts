import { type Bus, BusError, type BusEvent, connectBus } from '@powerbus/bus'
import { decodeDrpError, isJsonObject } from '@powerbus/drp'
import { startNatsServer, waitUntil } from '@powerbus/testkit'
import { type Test, test } from 'tap'
import { manifestOf } from '../../src/index.ts'
import { demo } from '../fixture/demo-plugin.ts'
import { builtDemo } from '../fixture/launched-plugin.ts'
import { type ServedPlugin, startServe } from '../fixture/served-plugin.ts'

const PLUGIN = 'demo-plugin'
const LEVEL = { 'demo/level': 1 }

function act(bus: Bus, command: string, params: object = {}, requestId = 'r', timeoutMs = 15_000): Promise<unknown> {
  const body = {
    Model: { Name: 'node-01', Uuid: 'u-1' },
    Plugin: PLUGIN,
    Command: command,
    CommandSet: '',
    Principal: 'user:somebody',
    Params: params,
  }
  return bus.request(['action', PLUGIN, command], body, { timeoutMs, requestId })
}

/** How many actions a replica has ended. */
async function actionsOf({ ask }: ServedPlugin): Promise<number> {
  const { text } = await ask('/metrics')
  const counts = [...text.matchAll(/^powerbus_actions_total\{.*\} (\d+)$/gm)].map(([, count]) => Number(count))
  return counts.reduce((sum, count) => sum + count, 0)
}

async function ready({ ask }: ServedPlugin): Promise<boolean> {
  return (await ask('/readyz')).status === 200
}

async function phases(seen: readonly BusEvent[], requestId: string): Promise<unknown[]> {
  return seen.flatMap(({ Object: object }) =>
    isJsonObject(object) && object.RequestId === requestId ? [object.Phase] : [],
  )
}

async function refusal(t: Test, answer: Promise<unknown>): Promise<BusError> {
  try {
    await answer
  } catch (error) {
    if (error instanceof BusError) return error
    throw error
  }
  t.fail('it was not refused')
  throw new Error('not refused')
}

test('three replicas on a NATS bus', async (t) => {
  const { executable } = await builtDemo(t)
  const nats = await startNatsServer(t)
  const env = { NATS_URL: nats.url }
  const bus = await connectBus({ url: nats.url, name: 'test' })
  t.teardown(() => bus.close())
  const lines: unknown[] = []
  await bus.serve(['log', '*'], async ({ body }) => void lines.push(body))
  const seen: BusEvent[] = []
  await bus.watch({ match: [{ Type: 'machines', Action: '*', Key: '*' }] }, (event) => void seen.push(event))
  const replicas = await Promise.all(
    [1, 2, 3].map((n) => startServe(t, executable, { env: { ...env, POWERBUS_INSTANCE: `r${n}` } })),
  )

  await t.test('they are there, each under a name of its own, and say what they are', async (t) => {
    const present = await waitUntil('three replicas', async () => {
      const found = await bus.present('plugin')
      return found.length === 3 && found
    })
    t.same(new Set(present.map(({ name }) => name)), new Set([PLUGIN]))
    t.equal(new Set(present.map(({ instance }) => instance)).size, 3)
    t.ok(present.every(({ instance }) => /^r[123]-/.test(instance)))
    t.strictSame(
      await bus.request(['define', PLUGIN], {}, { timeoutMs: 5000 }),
      JSON.parse(JSON.stringify(manifestOf(demo))),
    )
  })

  await t.test('none takes an action before it has its config, which then reaches every one', async (t) => {
    t.equal((await refusal(t, act(bus, 'nothing'))).code, 'NO_RESPONDERS')
    const refused = await refusal(t, bus.request(['config', PLUGIN], { 'demo/key': 'wrong' }, { timeoutMs: 5000 }))
    t.match(refused, { code: 'REFUSED', status: 409 })
    await bus.request(['config', PLUGIN], { 'demo/key': 'a-key' }, { timeoutMs: 5000 })
    t.equal(await act(bus, 'nothing'), null)
    for (const replica of replicas) await waitUntil('its config', () => ready(replica))
  })

  await t.test('they share the actions', async (t) => {
    const answers = await Promise.all(Array.from({ length: 90 }, (_, n) => act(bus, 'echo', LEVEL, `share-${n}`)))
    t.equal(answers.length, 90)
    t.match(answers[7], { level: 1, name: 'node-01', requestId: 'share-7' })
    for (const replica of replicas) t.ok((await actionsOf(replica)) > 0)
  })

  await t.test('a failure comes as an Error object with its status', async (t) => {
    const cases = [
      ['busy', {}, 409, 'TARGET_BUSY'],
      ['nope', {}, 404, 'ACTION_UNKNOWN'],
      ['echo', {}, 400, 'PARAM_MISSING'],
      ['crash', {}, 500, 'INTERNAL'],
    ] as const
    for (const [command, params, status, Reason] of cases) {
      const error = await refusal(t, act(bus, command, params))
      t.match(error, { code: 'REFUSED', status }, command)
      t.match(error.body, { Reason, Code: status })
      t.equal(decodeDrpError(error.body).Key, PLUGIN)
    }
    const wrong = bus.request(['action', PLUGIN, 'echo'], { Command: 'nothing' }, { timeoutMs: 5000 })
    t.match(await refusal(t, wrong), { code: 'REFUSED', status: 400 })
  })

  await t.test('every action is told of once when it starts and once when it ends', async (t) => {
    await act(bus, 'echo', LEVEL, 'told')
    await refusal(t, act(bus, 'busy', {}, 'told-of-failure'))
    await waitUntil('the events', async () => (await phases(seen, 'told-of-failure')).length === 2)
    t.same(await phases(seen, 'told'), ['start', 'end'])
    t.same(await phases(seen, 'told-of-failure'), ['start', 'error'])
    const [start] = seen.filter(({ id }) => id.startsWith('action-'))
    const principals = seen.map(({ Principal }) => Principal)
    t.ok(principals.includes('user:somebody'))
    t.match(start, {
      Type: 'machines',
      Key: 'u-1',
      Object: { Plugin: PLUGIN, Machine: { Uuid: 'u-1', Name: 'node-01' } },
    })
  })

  await t.test(
    'two actions of one correlation id are told of each, and two deliveries of one action once',
    async (t) => {
      for (let n = 0; n < 2; n += 1) await act(bus, 'echo', LEVEL, 'shared')
      await waitUntil('the events', async () => (await phases(seen, 'shared')).length === 4)
      for (let n = 0; n < 2; n += 1) await act(bus, 'echo', { ...LEVEL, 'power/request-id': 'mine' }, 'delivered-twice')
      await act(bus, 'echo', LEVEL, 'a@b')
      await waitUntil('what came after', async () => (await phases(seen, 'a@b')).length === 2)
      t.same(await phases(seen, 'delivered-twice'), ['start', 'end'])
    },
  )

  await t.test('an event is handled by one of them, and one that fails is given again', async (t) => {
    const event = { Time: '', Type: 'machines', Action: 'create', Principal: '', Object: null, Original: null }
    await bus.publish({ ...event, id: 'e1', Key: 'new-machine' })
    const handled = () => replicas.flatMap(({ process }) => process.output.stderr.match(/event seen/g) ?? []).length
    const own = () =>
      replicas.flatMap(({ process }) => process.output.stderr.match(/"key":"new-machine"/g) ?? []).length
    await waitUntil('the event', () => own() > 0)
    t.equal(own(), 1)
    t.ok(handled() > 1, 'events of actions are events too')
    await bus.publish({ ...event, id: 'e2', Key: 'bad' })
    const again = () => replicas.flatMap(({ process }) => process.output.stderr.match(/"key":"bad"/g) ?? []).length
    await waitUntil('a second delivery', () => again() > 1)
  })

  await t.test('their log lines come by the bus, without secrets', async (t) => {
    await act(bus, 'echo', { ...LEVEL, 'demo/password': 'hunter2' }, 'logged')
    await waitUntil('a line of the action', () => lines.some((line) => JSON.stringify(line).includes('echoing')))
    t.notMatch(JSON.stringify([lines, seen, replicas.map(({ process }) => process.output)]), /hunter2|a-key/)
  })

  await t.test('after a kill in mid-action the others go on, and what was lost can be asked for again', async (t) => {
    const [victim] = replicas
    const asked = Array.from({ length: 30 }, (_, n) =>
      act(bus, 'echo', { ...LEVEL, 'demo/delay-ms': 700 }, `k-${n}`, 3000),
    )
    await new Promise((resolve) => setTimeout(resolve, 250))
    victim?.process.kill('SIGKILL')
    const answers = await Promise.allSettled(asked)
    const lost = answers.flatMap(({ status }, n) => (status === 'rejected' ? [n] : []))
    t.ok(lost.length > 0 && lost.length < 30, `${lost.length} lost`)
    for (const answer of answers) if (answer.status === 'rejected') t.match(answer.reason, { code: 'TIMEOUT' })
    const again = await Promise.all(lost.map((n) => act(bus, 'echo', LEVEL, `k-${n}`)))
    t.equal(again.length, lost.length)
  })

  await t.test('they are not ready while NATS is away, and work again when it is back', async (t) => {
    const [, second] = replicas
    if (!second) throw new Error('no replica')
    await nats.kill()
    await waitUntil('the loss to be seen', async () => !(await ready(second)))
    await nats.start()
    await waitUntil('the bus', () => ready(second), { timeoutMs: 20_000 })
    t.match(await act(bus, 'echo', LEVEL, 'after', 20_000), { level: 1 })
  })

  await t.test('SIGTERM takes a replica off the bus; it finishes what it has, and ends with 0', async (t) => {
    const [, second, third] = replicas
    const asked = Array.from({ length: 8 }, (_, n) => act(bus, 'echo', { ...LEVEL, 'demo/delay-ms': 1000 }, `s-${n}`))
    await new Promise((resolve) => setTimeout(resolve, 300))
    second?.process.kill('SIGTERM')
    t.equal((await Promise.all(asked)).length, 8)
    t.strictSame(await second?.process.exited, { code: 0, signal: null })
    const before = (third && (await actionsOf(third))) ?? 0
    await Promise.all(Array.from({ length: 5 }, (_, n) => act(bus, 'nothing', {}, `t-${n}`)))
    t.equal(third && (await actionsOf(third)), before + 5)
  })
})
