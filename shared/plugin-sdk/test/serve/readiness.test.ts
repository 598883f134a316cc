import type { Bus } from '@powerbus/bus'
import { DrpApiError, type EndpointInfo } from '@powerbus/drp'
import { test } from 'tap'
import type { PluginHost } from '../../src/host/plugin-host.ts'
import { readiness } from '../../src/serve/readiness.ts'
import { servedEndpoint } from '../../src/serve/served-endpoint.ts'

const host = { configuration: { state: 'ok' } } as PluginHost
const sources = {
  plugin: 'demo',
  host,
  bus: () => ({ state: 'connected' }) as Bus,
  store: undefined,
  stopping: () => false,
}
const endpoint = (env: NodeJS.ProcessEnv) => servedEndpoint('demo', env, sources.bus)

test('a plugin that needs the API of the endpoint is not ready without a token, nor where it is not let in', async (t) => {
  t.match(await readiness({ ...sources, api: endpoint({}).api }), { ready: false, config: 'ok', api: 'missing' })
  const answering = (answer: () => Promise<EndpointInfo>) => readiness({ ...sources, api: () => ({ info: answer }) })
  const refuses = async () => {
    throw new DrpApiError('unauthorized', 'the token has expired', { status: 401 })
  }
  t.match(await answering(refuses), { ready: false, api: 'unauthorized' })
  t.match(await answering(async () => ({}) as EndpointInfo), { ready: true, api: 'ok' })
})

test('one that does not need it is ready, and does not speak of it', async (t) => {
  t.strictSame(await readiness({ ...sources, api: undefined }), {
    ready: true,
    config: 'ok',
    bus: 'ok',
    store: 'none',
    stopping: false,
  })
})
