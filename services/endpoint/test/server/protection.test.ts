import { test } from 'tap'
import { writeFixturePlugin } from '../fixtures/fixture-plugin.ts'
import { startTestEndpoint } from '../fixtures/running-endpoint.ts'

const action = (Command: string, OptionalParams: string[]) => {
  return { Provider: 'demo', Model: 'machines', Command, RequiredParams: [], OptionalParams }
}

test('no request lifts power/protected of a machine, its profiles or the global profile', async (t) => {
  const { call } = await startTestEndpoint(t, (folder) => {
    writeFixturePlugin(folder, { actions: [action('poweroff', ['power/protected']), action('odd', [])] })
  })
  await call('POST', 'profiles', { body: { Name: 'guarded', Params: { 'power/protected': true } } })
  await call('POST', 'profiles', { body: { Name: 'open', Params: { 'power/protected': false } } })
  const global = (value: string) => call('POST', 'profiles/global/params/power/protected', { body: value })
  const machine = async (Name: string, Profiles: string[], Params: object) => {
    t.equal((await call('POST', 'machines', { body: { Name, Profiles, Params } })).status, 201)
  }
  const own = (value: unknown) => ({ 'power/protected': value })
  await machine('own', [], own(true))
  await machine('own-over-open', ['open'], own(true))
  await machine('text', [], own('true'))
  await machine('guarded', ['guarded'], {})
  await machine('first-open', ['open', 'guarded'], {})
  await machine('first-guarded', ['guarded', 'open'], {})
  await machine('freed', ['guarded'], own(false))
  await machine('plain', [], {})
  const sent = async (Name: string, command: string, body: object) => {
    return (await call('POST', `machines/Name:${Name}/actions/${command}`, { body })).body.action.Params[
      'power/protected'
    ]
  }
  const lifting = [{}, own(false), own('false'), own(null), own(0)]
  for (const body of lifting) {
    for (const command of ['poweroff', 'odd']) {
      for (const name of ['own', 'own-over-open', 'text', 'guarded', 'first-guarded']) {
        t.equal(await sent(name, command, body), true, `${name} ${command} ${JSON.stringify(body)}`)
      }
    }
    for (const name of ['first-open', 'freed', 'plain']) t.not(await sent(name, 'poweroff', body), true, name)
  }
  t.equal(await sent('plain', 'poweroff', own(true)), true, 'a request can protect')
  await global('true')
  t.equal(await sent('plain', 'poweroff', own(false)), true)
  t.equal(await sent('freed', 'poweroff', {}), false)
  t.equal(await sent('first-open', 'poweroff', {}), false)
})
