import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify'
import { deviceAnswer, eventAnswers, macsOf } from './device-answer.ts'
import { answerWith, type MetalAnswer, refusal } from './metal-answer.ts'
import type { DeviceAction, MetalCloud } from './metal-cloud.ts'
import type { MetalCall } from './metal-counts.ts'
import { type DeviceSettings, defaultSettings, type MetalDevice } from './metal-device.ts'
import type { FaultyRequest, MetalFaults } from './metal-faults.ts'
import { BASE_PATH, pageOf } from './metal-paging.ts'
import * as shapes from './metal-shapes.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    readonly call?: MetalCall
  }
}

export interface MetalRoutes {
  readonly cloud: MetalCloud
  readonly faults: MetalFaults
  readonly nowMs: () => number
  readonly perPageMost: number
  /** Stores the state; awaited before the answer of a call that changed something. */
  readonly keep: () => Promise<void>
}

/** Available plans. */
const PLANS: readonly string[] = [
  'baremetal_0',
  'baremetal_1',
  'baremetal_2',
  'baremetal_3',
  'c3.small.x86',
  'c3.medium.x86',
  'm3.small.x86',
  'm3.large.x86',
  's3.xlarge.x86',
]
const DEFAULT_FACILITY = 'ewr1'
const changing: ReadonlySet<MetalCall> = new Set(['createDevice', 'updateDevice', 'deleteDevice', 'performAction'])

type Handler = (request: FaultyRequest) => MetalAnswer

/** Adds the API's operations. The server's validator refuses fields that the shapes do not have. */
export function addMetalRoutes(server: FastifyInstance, routes: MetalRoutes): void {
  const { cloud, faults, nowMs, keep, perPageMost } = routes
  const secret = digestOf(cloud.state.apiKey)
  server.addHook('onRequest', async (request, reply) => {
    const { call } = request.routeOptions.config
    if (call) cloud.counts.calls[call]++
    const token = request.headers['x-auth-token']
    if (typeof token === 'string' && timingSafeEqual(digestOf(token), secret)) return
    reply.code(401).send(refusal(401, 'Invalid authentication token').body)
  })
  server.setNotFoundHandler((_, reply) => reply.code(404).send(refusal(404, 'Not found').body))
  server.setErrorHandler((error: { validation?: unknown; statusCode?: number; message: string }, _, reply) => {
    const status = error.validation ? 422 : (error.statusCode ?? 500)
    reply.code(status).send(refusal(status, error.message).body)
  })

  const route = (method: HTTPMethods, path: string, call: MetalCall, schema: object, handler: Handler): void => {
    const run = async (request: FastifyRequest, reply: FastifyReply) => {
      const { params, query, body } = request as Pick<FaultyRequest, 'params' | 'query' | 'body'>
      const asked: FaultyRequest = { call, params, query, body }
      await answerWith(reply, faults.take(asked), async () => {
        const answer = handler(asked)
        if (changing.has(call) && answer.status < 300) await keep()
        return answer
      })
    }
    server.route({ method, url: `${BASE_PATH}${path}`, config: { call }, schema, handler: run })
  }
  const withProject = (handler: (request: FaultyRequest) => MetalAnswer): Handler => {
    const known = (id: string | undefined) => cloud.projects.some((project) => project.id === id)
    return (request) => (known(request.params.id) ? handler(request) : refusal(404, 'Not found'))
  }
  const withDevice = (handler: (device: MetalDevice, request: FaultyRequest) => MetalAnswer): Handler => {
    return (request) => {
      const device = cloud.device(request.params.id ?? '')
      return device ? handler(device, request) : refusal(404, 'Not found')
    }
  }
  const shown = (device: MetalDevice) => deviceAnswer(device, nowMs())
  const outcome = (status: number, refused: string | undefined) => (refused ? refusal(422, refused) : { status })

  route('GET', '/projects', 'findProjects', { querystring: shapes.projectQuery }, ({ query }) => {
    const found = cloud.projects.filter(({ name }) => query.name === undefined || name.includes(query.name))
    const { items, meta } = pageOf(found, '/projects', query, perPageMost)
    const projects = items.map(({ id, name }) => ({ id, name, href: `${BASE_PATH}/projects/${id}` }))
    return { status: 200, body: { projects, meta } }
  })
  route(
    'GET',
    '/projects/:id/devices',
    'findProjectDevices',
    { querystring: shapes.deviceQuery },
    withProject(({ params, query }) => {
      const found = cloud.devices(params.id).filter((device) => matches(device, query))
      const { items, meta } = pageOf(found, `/projects/${params.id}/devices`, query, perPageMost)
      return { status: 200, body: { devices: items.map(shown), meta } }
    }),
  )
  route(
    'POST',
    '/projects/:id/devices',
    'createDevice',
    { querystring: shapes.oneQuery, body: shapes.deviceCreateInput },
    withProject(({ params, body }) => {
      const order = body as CreateInput
      if (!PLANS.includes(order.plan)) return refusal(422, `plan ${order.plan} is not available`)
      return { status: 201, body: shown(cloud.create(orderOf(params.id ?? '', order))) }
    }),
  )
  const one = { querystring: shapes.oneQuery }
  route(
    'GET',
    '/devices/:id',
    'findDeviceById',
    one,
    withDevice((device) => ({ status: 200, body: shown(device) })),
  )
  route(
    'PUT',
    '/devices/:id',
    'updateDevice',
    { ...one, body: shapes.deviceUpdateInput },
    withDevice((device, { body }) => ({
      status: 200,
      body: shown(cloud.update(device, body as Partial<DeviceSettings>)),
    })),
  )
  route(
    'DELETE',
    '/devices/:id',
    'deleteDevice',
    { querystring: shapes.deleteQuery },
    withDevice((device) => outcome(204, cloud.delete(device))),
  )
  route(
    'POST',
    '/devices/:id/actions',
    'performAction',
    { body: shapes.deviceActionInput },
    withDevice((device, { body }) => {
      const { type } = body as { type: DeviceAction | 'reinstall' }
      return type === 'reinstall' ? refusal(422, 'reinstall is not emulated') : outcome(202, cloud.act(device, type))
    }),
  )
  route(
    'GET',
    '/devices/:id/events',
    'findDeviceEvents',
    { querystring: shapes.pagedQuery },
    withDevice((device, { query }) => {
      const { items, meta } = pageOf(eventAnswers(device, nowMs()), `/devices/${device.id}/events`, query, perPageMost)
      return { status: 200, body: { events: items, meta } }
    }),
  )
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

function matches(device: MetalDevice, query: Readonly<Record<string, string>>): boolean {
  const { hostname, tags, description } = device.settings
  const { search, tag, facility, metro, mac_address: mac } = query
  return (
    hostname.includes(query.hostname ?? '') &&
    (search === undefined ||
      [hostname, description, device.plan, device.facility, ...tags].some((text) => text.includes(search))) &&
    (tag === undefined || tags.includes(tag)) &&
    (facility === undefined || device.facility === facility) &&
    (metro === undefined || device.metro === metro) &&
    (mac === undefined || macsOf(device).includes(mac))
  )
}

interface CreateInput extends Partial<DeviceSettings> {
  readonly plan: string
  readonly operating_system: string
  readonly facility?: string | readonly string[]
  readonly metro?: string
}

function orderOf(projectId: string, order: CreateInput) {
  const [asked = 'any'] =
    typeof order.facility === 'string' ? [order.facility] : (order.facility ?? [`${order.metro}1`])
  const facility = asked.startsWith('any') ? DEFAULT_FACILITY : asked
  const given = Object.entries(order).filter(([name]) => name in defaultSettings)
  const settings: DeviceSettings = { ...defaultSettings, ...Object.fromEntries(given) }
  const metro = facility.replace(/\d+$/, '')
  return { projectId, plan: order.plan, facility, metro, operatingSystem: order.operating_system, settings }
}
