import { pino } from 'pino'
import { test } from 'tap'
import { PluginLog } from '../../src/host/plugin-log.ts'
import { LogRing } from '../../src/log/log-ring.ts'
import { tappedLog } from '../../src/log/log-tap.ts'

function tapped(level: string) {
  const written: { readonly msg: string }[] = []
  const ring = new LogRing()
  const log = tappedLog(pino({ level }, { write: (text: string) => void written.push(JSON.parse(text)) }), ring)
  return { log, ring, texts: () => written.map(({ msg }) => msg), lines: () => ring.lines() }
}

test('the ring has lines of info and above, also where the log itself is quieter', async (t) => {
  const { log, texts, lines } = tapped('warn')
  log.child({ plugin: 'demo' }).info('one')
  log.error({ err: new Error('broken'), n: 7 }, 'two')
  log.debug('three')
  t.same(texts(), ['two'])
  t.match(lines(), [
    { Seq: 1, Level: 'info', Service: 'demo', Message: 'one', Data: [] },
    { Seq: 2, Level: 'error', Service: 'endpoint', Message: 'two', Time: /^20/, IgnorePublish: false },
  ])
  t.match(lines()[1]?.Data, [{ n: 7, err: { message: 'broken' } }])
})

test('a louder log goes on to write all that it wrote', async (t) => {
  const { log, texts, lines } = tapped('trace')
  log.trace('one')
  log.info('two')
  t.same(texts(), ['one', 'two'])
  t.equal(lines().length, 2)
})

test("a plugin's line is in the ring once, as the plugin sent it", async (t) => {
  const { log, ring, texts, lines } = tapped('info')
  const line = {
    Group: 4,
    Seq: 9,
    Time: '2026-01-01T00:00:00Z',
    Service: 'lamp',
    Principal: 'user:ada',
    Level: 'warn',
    File: 'a.go',
    Line: 3,
    Message: 'out',
    Data: [{ a: 1 }],
    IgnorePublish: true,
  } as const
  new PluginLog(log, 'demo', (sent) => ring.add(sent)).forward(line)
  t.same(texts(), ['out'])
  t.same(lines(), [line])
})

test('the ring keeps the last 1000 lines', async (t) => {
  const { log, lines } = tapped('info')
  for (let n = 1; n <= 1003; n += 1) log.info(`${n}`)
  t.same([lines().length, lines()[0]?.Message, lines().at(-1)?.Message], [1000, '4', '1003'])
})
