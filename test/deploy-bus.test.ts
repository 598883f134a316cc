import { connectBus, everyEvent } from '@powerbus/bus'
import { builtExecutable, runProgram, type TestScope, tempFolder, waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { type DeployedNats, startDeployedNats } from './deployed-servers.ts'

async function busAs(scope: TestScope, server: DeployedNats, user: string) {
  const notices: string[] = []
  const bus = await connectBus({
    url: server.url,
    user,
    passwordFile: server.passwordFile(user),
    name: user,
    folder: tempFolder(scope),
    onNotice: (message) => void notices.push(message),
  })
  scope.teardown(() => bus.close())
  return { bus, notices }
}

function eventOf(id: string) {
  const subject = { Type: 'machines', Action: 'poweron', Key: 'one' }
  return { id, Time: new Date().toISOString(), ...subject, Principal: 'test', Object: {}, Original: null }
}

test('the bus does all it promises with the rights of the endpoint', async (t) => {
  const server = await startDeployedNats(t)
  const { bus, notices } = await busAs(t, server, 'endpoint')
  const match = [{ Type: 'machines', Action: '*', Key: '*' }]
  const seen: string[] = []
  await bus.subscribe({ durable: 'temporary', match, deliveriesMax: 2, backoffMs: [10] }, async ({ id }) => {
    if (id === 'poison') throw new Error('not this one')
    seen.push(id)
  })
  const watched: string[] = []
  await bus.watch({ match }, ({ id }) => void watched.push(id))
  for (const id of ['once', 'once', 'poison']) await bus.publish(eventOf(id))
  await waitUntil('the events', () => seen.length === 1 && watched.length === 2)
  await waitUntil('a dead letter', async () => (await bus.deadLetters('temporary')).length === 1)
  t.ok(await bus.dropDeadLetter('temporary', 'poison'))
  t.same(await bus.deadLetters('temporary'), [])
  const other = await bus.subscribe({ durable: 'other', match }, async () => undefined)
  await other.stop()
  await bus.forget('other')
  t.same(seen, ['once'])
  t.same(notices, [], 'nothing was refused')
})

test('a service waits for its streams and its consumer, says what to run, and works after powerbus bus setup', async (t) => {
  const server = await startDeployedNats(t)
  const { bus, notices } = await busAs(t, server, 'slack')
  const seen: string[] = []
  const subscribe = () =>
    bus.subscribe({ durable: 'plugin-slack', match: [everyEvent] }, async ({ id }) => void seen.push(id))
  await waitUntil('it to wait', () => notices.some((text) => text.includes('powerbus bus setup')))
  const slack = builtExecutable('plugins/slack')
  const environment = {
    NATS_URL: server.url,
    NATS_USER: 'endpoint',
    NATS_PASSWORD_FILE: server.passwordFile('endpoint'),
  }
  const command = builtExecutable('bin/powerbus')
  const setUp = () =>
    runProgram(process.execPath, [command, 'bus', 'setup', slack], { env: { ...process.env, ...environment } })
  await (await busAs(t, server, 'endpoint')).bus.connected()
  await t.rejects(subscribe(), { code: 'UNAVAILABLE', message: /powerbus bus setup/ })
  const refusals = notices.length
  await t.rejects(subscribe(), { code: 'UNAVAILABLE' })
  t.equal(notices.length, refusals, 'what the server refuses is not asked for again')
  for (const time of ['once', 'again']) {
    const done = await setUp()
    t.equal(done.code, 0, `${time}: ${done.stderr}`)
    t.match(done.stdout, /durable plugin-slack is there/)
  }
  const before = notices.length
  await subscribe()
  const { bus: endpoint } = await busAs(t, server, 'endpoint')
  await endpoint.publish(eventOf('told'))
  await waitUntil('the event', () => seen.includes('told'))
  t.same(notices.slice(before), [], 'and is refused nothing')
})
