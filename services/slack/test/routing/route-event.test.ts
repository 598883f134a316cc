import { test } from 'tap'
import { defaultEvents } from '../../src/events/default-events.ts'
import { eventFacts } from '../../src/events/event-facts.ts'
import { matchesGlob } from '../../src/routing/glob.ts'
import { quietUntil } from '../../src/routing/quiet-hours.ts'
import { routeEvent } from '../../src/routing/route-event.ts'
import { readRoute } from '../../src/settings/read-routes.ts'
import { actionEvent, failedEvent } from '../slack-world.ts'

function route(
  event: Parameters<typeof eventFacts>[0],
  routes: readonly object[] = [],
  known: object = {},
  nowMs = Date.parse('2026-01-02T23:30:00Z'),
) {
  const routing = {
    events: defaultEvents,
    routes: routes.map((raw, index) => readRoute(raw, index, () => true)),
    channels: undefined,
  }
  return routeEvent(routing, { event, facts: eventFacts(event, nowMs), ...known }, nowMs)
}

const change = (Type: string, Action: string, object: object, original: object | null = null) => {
  return { Time: '', Type, Action, Key: 'k', Principal: '', Object: object, Original: original }
}

test('the default events are ends of power and boot actions, new and deleted machines, failed jobs, and plugin errors', async (t) => {
  t.same(route(actionEvent('n')), [{ channel: undefined, severity: 'good' }])
  t.same(route(failedEvent('n', 'AUTH_FAILED', '')), [{ channel: undefined, severity: 'error' }])
  t.equal(route(change('machines', 'create', {})).length, 1)
  t.equal(route(change('machines', 'delete', {})).length, 1)
  t.equal(route(change('jobs', 'update', { State: 'failed' }, { State: 'running' })).length, 1)
  t.equal(route(change('plugins', 'save', { PluginErrors: ['x'] })).length, 1)
  for (const silent of [
    actionEvent('n', { Phase: 'start' }),
    actionEvent('n', {}, 'powerstatus'),
    actionEvent('n', { Result: { DryRun: true } }),
    change('machines', 'update', {}),
    change('jobs', 'update', { State: 'running' }),
    change('jobs', 'save', { State: 'failed' }, { State: 'failed' }),
    change('plugins', 'save', { PluginErrors: ['x'] }, { PluginErrors: ['x'] }),
    change('log', 'error', {}),
  ]) {
    t.same(route(silent), [], JSON.stringify(silent))
  }
})

test('the first route that matches decides; with continue the ones below it apply too', async (t) => {
  const routes = [
    {
      match: { name: 'core-*', failed: true },
      channel: 'oncall',
      mention: '@here S0AB',
      severity: 'critical',
      continue: true,
    },
    { match: { name: 'core-*' }, channel: 'core', template: 'own' },
    { match: { plugin: 'ipmi' }, mute: true },
  ]
  t.match(route(failedEvent('core-1', 'AUTH_FAILED', ''), routes), [
    { channel: 'oncall', mention: '<!here> <!subteam^S0AB>', severity: 'critical' },
    { channel: 'core', template: 'own', severity: 'error' },
  ])
  t.equal(route(actionEvent('core-1'), routes).length, 1)
  t.same(route(actionEvent('node-1'), routes), [])
})

test('routes match on pattern, params, profiles, power, error, principal and outcome', async (t) => {
  const goes = (match: object, event = actionEvent('n'), known: object = {}) =>
    route(event, [{ match, channel: 'x' }], known).some(({ channel }) => channel === 'x')
  t.ok(goes({}))
  t.ok(goes({ event: 'machines.poweroff.* machines.poweron.*' }))
  t.notOk(goes({ event: 'machines.poweroff.*' }))
  t.ok(goes({ power: 'on' }))
  t.notOk(goes({ power: 'off' }))
  t.ok(goes({ principal: 'user:*' }))
  t.ok(goes({ error: 'AUTH_FAILED, TARGET_BUSY' }, failedEvent('n', 'TARGET_BUSY', '')))
  t.notOk(goes({ error: 'AUTH_FAILED' }, failedEvent('n', 'TARGET_BUSY', '')))
  t.notOk(goes({ error: 'AUTH_FAILED' }))
  const machine = { params: { rack: 'r1', slot: 4 }, profiles: ['lab'] }
  t.ok(goes({ params: { rack: 'r?', slot: 4 }, profiles: ['prod', 'lab'] }, actionEvent('n'), machine))
  t.notOk(goes({ params: { rack: 'r2' } }, actionEvent('n'), machine))
  t.notOk(goes({ profiles: ['lab'] }), 'the machine is not known')
  const started = actionEvent('n', { Phase: 'start' })
  t.ok(goes({ outcome: 'started' }, started))
  t.notOk(goes({}, started))
  t.ok(
    goes({ event: 'subnets.update.*' }, change('subnets', 'update', {})),
    'a route may send an event that slack/events does not',
  )
  t.notOk(goes({ event: 'log.*.*' }, change('log', 'error', {})))
})

test('quiet hours hold or drop all but critical events, in their time zone', async (t) => {
  const quiet = { from: '22:00', to: '07:00', timezone: 'Europe/Berlin' }
  const [held] = route(actionEvent('n'), [{ match: {}, 'quiet-hours': quiet }])
  t.equal(held?.notBeforeMs, Date.parse('2026-01-03T06:00:00Z'))
  t.equal(route(actionEvent('n'), [{ 'quiet-hours': quiet, severity: 'critical' }])[0]?.notBeforeMs, undefined)
  t.same(route(actionEvent('n'), [{ 'quiet-hours': { ...quiet, drop: true } }]), [])
  const noon = Date.parse('2026-01-02T12:00:00Z')
  t.equal(route(actionEvent('n'), [{ 'quiet-hours': quiet }], {}, noon)[0]?.notBeforeMs, undefined)
})

test('quiet hours end by the wall clock on the day the clock changes', async (t) => {
  const hours = { from: '22:00', to: '07:00', timezone: 'Europe/Berlin' }
  t.equal(quietUntil(hours, Date.parse('2026-03-28T23:00:30Z')), Date.parse('2026-03-29T05:00:00Z'))
  t.equal(quietUntil(hours, Date.parse('2026-10-24T22:00:30Z')), Date.parse('2026-10-25T06:00:00Z'))
})

test('a mute ends at mute-until', async (t) => {
  const routes = [{ match: {}, 'mute-until': '2026-01-03T00:00:00Z' }]
  t.same(route(actionEvent('n'), routes), [])
  t.equal(route(actionEvent('n'), routes, {}, Date.parse('2026-01-03T00:00:00Z')).length, 1)
})

test('a glob matches the whole text, and a hostile pattern does not take long', async (t) => {
  for (const [pattern, text, is] of [
    ['*', '', true],
    ['a*c', 'abbc', true],
    ['a*c', 'abcd', false],
    ['?', '', false],
    ['a?c*', 'abcxyz', true],
    ['*a*a*a*a*a*b', 'a'.repeat(5000), false],
    ['.', 'x', false],
  ] as const) {
    t.equal(matchesGlob(pattern, text), is, pattern)
  }
})
