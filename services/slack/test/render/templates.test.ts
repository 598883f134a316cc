import type { PluginEvent } from '@powerbus/plugin-sdk'
import { test } from 'tap'
import { eventFacts } from '../../src/events/event-facts.ts'
import { Templates } from '../../src/render/templates.ts'
import { actionEvent, failedEvent } from '../slack-world.ts'

function render(source: string | undefined, event: PluginEvent) {
  const templates = new Templates(source === undefined ? {} : { own: { line: source } })
  const facts = eventFacts(event, 0)
  const template = source === undefined ? undefined : 'own'
  return { templates, ...templates.render({ event, facts, severity: facts.severity, template }) }
}

const change = (Type: string, Action: string, object: object, original: object | null = null): PluginEvent => {
  return { Time: '', Type, Action, Key: 'k', Principal: '', Object: object, Original: original }
}

test('built-in templates say what happened, and what to try after a failure', async (t) => {
  t.equal(
    render(undefined, actionEvent('node-01', { Result: { Power: 'on', Changed: false } })).line,
    '*poweron* of `node-01` done: power on, as it was before',
  )
  const failed = render(undefined, failedEvent('node-01', 'TARGET_TIMEOUT', '10.0.0.1 did not answer'))
  t.match(failed.line, /^\*poweron\* of `node-01` failed \(TARGET_TIMEOUT\): 10\.0\.0\.1 did not answer$/)
  t.match(failed.body, /What to try:\* See whether the BMC is alive/)
  t.equal(failed.severity, 'error')
  t.equal(render(undefined, change('machines', 'create', { Name: 'n1', Uuid: 'u' })).line, 'Machine `n1` was created')
  t.equal(render(undefined, change('machines', 'delete', { Name: 'n1', Uuid: 'u' })).line, 'Machine `n1` was deleted')
  t.match(
    render(
      undefined,
      change('jobs', 'update', { State: 'failed', Task: 'install', Machine: 'u' }, { State: 'running' }),
    ).line,
    /failed in task `install`/,
  )
  t.match(
    render(undefined, change('plugins', 'save', { Name: 'ipmi', PluginErrors: ['no token'] })).line,
    /`ipmi` has an error: no token/,
  )
  t.equal(render(undefined, change('subnets', 'update', { Name: 'lab' })).line, 'subnets `lab`: update')
})

test('output of a template is escaped, whatever filters it uses', async (t) => {
  const event = actionEvent('<!channel>')
  for (const filter of [
    '',
    '| raw',
    '| escape',
    "| append: '<!here>'",
    '| code',
    '| link',
    '| json',
    '| upcase | raw',
  ]) {
    const { line, templates } = render(`x {{ subject ${filter} }}`, event)
    t.notMatch(line, /<!/i, filter)
    t.equal(templates.failures, 0, filter)
  }
  t.notMatch(render('{{ event | json }} {{ event.Object.Machine }}', event).line, /<!/)
  t.notMatch(render('{% capture a %}{{ subject }}{% endcapture %}{{ a }}{% echo subject %}', event).line, /<!/)
})

test('variables and filters of an operator’s own template', async (t) => {
  const event = actionEvent('n1', { DurationMs: 4200 })
  const { line } = render(
    '{{ machine.name }} {{ command }} {{ plugin }} {{ durationMs | duration }} {{ event.Object.Result.Power }} {{ severity }}',
    event,
  )
  t.equal(line, 'n1 poweron ipmi 4.2 s on good')
  t.match(render('{{ timeMs | time }}', event).line, /^<!date\^\d+\^\{time_secs\}\|/)
})

test('a template that fails or renders nothing is replaced by the built-in one; a failure is counted', async (t) => {
  const event = actionEvent('n1')
  const endless =
    '{% for a in (1..1000) %}{% for b in (1..1000) %}{% for c in (1..1000) %}{{ a }}{% endfor %}{% endfor %}{% endfor %}'
  const failed = render(endless, event)
  t.equal(failed.line, '*poweron* of `n1` done: power on')
  t.equal(failed.templates.failures, 1)
  t.equal(render('{{ nothing }}', event).line, '*poweron* of `n1` done: power on')
})

test('a busy host cuts short no built-in template; an operator’s own is replaced after 200 ms', async (t) => {
  const now = performance.now.bind(performance)
  t.teardown(() => Object.assign(performance, { now }))
  let reads = 0
  Object.assign(performance, {
    now: () => {
      reads += 1
      return now() + reads * 201
    },
  })
  const event = actionEvent('n1')
  const builtin = render(undefined, event)
  t.same([builtin.line, builtin.templates.failures], ['*poweron* of `n1` done: power on', 0])
  const own = render('{{ command }} {{ subject }}', event)
  t.same([own.line, own.templates.failures], ['*poweron* of `n1` done: power on', 1])
})

test('templates reach no file, no prototype, and no unknown filter', async (t) => {
  const event = actionEvent('n1')
  t.equal(render('a{% include "/etc/passwd" %}', event).templates.failures, 1)
  t.equal(render('a{{ event.constructor }}{{ event.__proto__ }}{{ subject.constructor.name }}', event).line, 'a')
  for (const source of ['{{ x | shout }}', '{% nope %}', '{{ x', 'x'.repeat(30_000)]) {
    t.throws(() => render(source, event), { code: 'PARAM_INVALID' })
  }
})
