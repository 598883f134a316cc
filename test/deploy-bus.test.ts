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

test('the bus does all it promises with the rights of the endpoint and of a service', async (t) => {
  const server = await startDeployedNats(t)
  const endpoint = await busAs(t, server, 'endpoint')
  const ipmi = await busAs(t, server, 'ipmi')
  const match = [{ Type: 'machines', Action: '*', Key: '*' }]

  for (const [side, { bus }] of Object.entries({ endpoint, ipmi })) {
    const seen: string[] = []
    await bus.subscribe({ durable: side, match, deliveriesMax: 2, backoffMs: [10] }, async ({ id }) => {
      if (id === 'poison') throw new Error('not this one')
      seen.push(id)
    })
    const watched: string[] = []
    await bus.watch({ match }, ({ id }) => void watched.push(id))
    await bus.publish(eventOf(`from ${side}`))
    await bus.publish(eventOf(`from ${side}`))
    await waitUntil('the event', () => seen.includes(`from ${side}`) && watched.includes(`from ${side}`))
  }

  await ipmi.bus.publish(eventOf('poison'))
  for (const [side, { bus }] of Object.entries({ endpoint, ipmi })) {
    await waitUntil(`a dead letter of ${side}`, async () => (await bus.deadLetters(side)).length === 1)
  }
  t.ok(await endpoint.bus.dropDeadLetter('ipmi', 'poison'))
  t.same(await ipmi.bus.deadLetters('ipmi'), [])

  await ipmi.bus.serve(['action', 'ipmi', '*'], async ({ subject, body }) => ({ subject, body }))
  await ipmi.bus.serve(['define', 'ipmi'], async () => ({ Name: 'ipmi' }))
  t.match(await endpoint.bus.request(['action', 'ipmi', 'poweron'], { Params: {} }, { timeoutMs: 5000 }), {
    body: { Params: {} },
  })
  t.same(await endpoint.bus.request(['define', 'ipmi'], {}, { timeoutMs: 5000 }), { Name: 'ipmi' })

  const presence = { kind: 'plugin', name: 'ipmi', instance: 'one', version: '1.0.0' }
  await ipmi.bus.announce(presence)
  const temporary = await endpoint.bus.subscribe({ durable: 'temporary', match }, async () => undefined)
  await temporary.stop()
  await endpoint.bus.forget('temporary')

  const present = await waitUntil('the plugin', async () => {
    const found = await endpoint.bus.present('plugin')
    return found.length > 0 && found
  })
  t.match(present, [presence])
  t.same([...endpoint.notices, ...ipmi.notices], [], 'nothing was refused')
})

/** The configuration with a service that may neither make nor list consumers, as all services will be. */
function withoutConsumerRights(text: string): string {
  const begin = text.indexOf('user: slack')
  const end = text.indexOf('user: packet-ipmi')
  const block = text
    .slice(begin, end)
    .replace('"$JS.API.CONSUMER.LIST.POWERBUS_EVENTS"\n', '')
    .replace(', "$JS.API.CONSUMER.CREATE.POWERBUS_EVENTS.>"', '')
  return text.slice(0, begin) + block + text.slice(end)
}

test('a service that may not make consumers says what to run, and works after powerbus bus setup', async (t) => {
  const server = await startDeployedNats(t, withoutConsumerRights)
  const { bus, notices } = await busAs(t, server, 'slack')
  const seen: string[] = []
  const subscribe = () =>
    bus.subscribe({ durable: 'plugin-slack', match: [everyEvent] }, async ({ id }) => void seen.push(id))
  await t.rejects(subscribe(), { code: 'UNAVAILABLE', message: /powerbus bus setup/ })
  const slack = builtExecutable('plugins/slack')
  const environment = {
    NATS_URL: server.url,
    NATS_USER: 'endpoint',
    NATS_PASSWORD_FILE: server.passwordFile('endpoint'),
  }
  const command = builtExecutable('bin/powerbus')
  const setUp = () =>
    runProgram(process.execPath, [command, 'bus', 'setup', slack], { env: { ...process.env, ...environment } })
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
