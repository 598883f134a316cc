import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyError, FastifyInstance, HTTPMethods } from 'fastify'
import { deviceAnswer, eventAnswers, macsOf } from './device-answer.ts'
import type { DeviceAction, MetalCloud } from './metal-cloud.ts'
import { type DeviceSettings, defaultSettings, type MetalDevice } from './metal-device.ts'
import { BASE_PATH, pageOf } from './metal-paging.ts'
import * as shapes from './metal-shapes.ts'
import { Refusal } from './refusal.ts'

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

interface MetalRequest {
  readonly params: { readonly id: string }
  readonly query: Readonly<Record<string, string>>
  readonly body: unknown
}

/**
 * Adds the API's operations. The server's validator refuses fields that the shapes do not have. `keep` stores the
 * state; it is awaited before the answer to a change.
 */
export function addMetalRoutes(server: FastifyInstance, cloud: MetalCloud, keep: () => Promise<void>): void {
  const secret = digestOf(cloud.apiKey)
  server.addHook('onRequest', async ({ headers }) => {
    const token = headers['x-auth-token']
    if (typeof token !== 'string' || !timingSafeEqual(digestOf(token), secret))
      throw new Refusal(401, 'Invalid authentication token')
  })
  server.setNotFoundHandler(async () => {
    throw new Refusal(404, 'Not found')
  })
  server.setErrorHandler<FastifyError>((error, _, reply) => {
    const status = error.validation ? 422 : (error.statusCode ?? 500)
    return reply.code(status).send({ errors: [error.message] })
  })

  const route = (
    method: HTTPMethods,
    path: string,
    schema: object,
    status: number,
    answer: (request: MetalRequest) => object | undefined,
  ) =>
    server.route({
      method,
      url: `${BASE_PATH}${path}`,
      schema,
      async handler(request, reply) {
        const body = answer(request as MetalRequest)
        if (method !== 'GET') await keep()
        return reply.code(status).send(body)
      },
    })
  const shown = (device: MetalDevice) => deviceAnswer(device, cloud.nowMs())
  const checkedProject = (id: string) => {
    if (!cloud.projects.some((project) => project.id === id)) throw new Refusal(404, 'Not found')
    return id
  }
  const one = { querystring: shapes.oneQuery }

  route('GET', '/projects', { querystring: shapes.projectQuery }, 200, ({ query }) => {
    const found = cloud.projects.filter(({ name }) => query.name === undefined || name.includes(query.name))
    const { items, meta } = pageOf(found, '/projects', query)
    return { projects: items.map(({ id, name }) => ({ id, name, href: `${BASE_PATH}/projects/${id}` })), meta }
  })
  route('GET', '/projects/:id/devices', { querystring: shapes.deviceQuery }, 200, ({ params, query }) => {
    const found = cloud.devices(checkedProject(params.id)).filter((device) => matches(device, query))
    const { items, meta } = pageOf(found, `/projects/${params.id}/devices`, query)
    return { devices: items.map(shown), meta }
  })
  route('POST', '/projects/:id/devices', { ...one, body: shapes.deviceCreateInput }, 201, ({ params, body }) => {
    const order = body as CreateInput
    const projectId = checkedProject(params.id)
    if (!PLANS.includes(order.plan)) throw new Refusal(422, `plan ${order.plan} is not available`)
    return shown(cloud.create(orderOf(projectId, order)))
  })
  route('GET', '/devices/:id', one, 200, ({ params }) => shown(cloud.device(params.id)))
  route('PUT', '/devices/:id', { ...one, body: shapes.deviceUpdateInput }, 200, ({ params, body }) =>
    shown(cloud.update(cloud.device(params.id), body as Partial<DeviceSettings>)),
  )
  route('DELETE', '/devices/:id', { querystring: shapes.deleteQuery }, 204, ({ params }) => {
    cloud.delete(cloud.device(params.id))
    return undefined
  })
  route('POST', '/devices/:id/actions', { body: shapes.deviceActionInput }, 202, ({ params, body }) => {
    const device = cloud.device(params.id)
    const { type } = body as { type: DeviceAction | 'reinstall' }
    if (type === 'reinstall') throw new Refusal(422, 'reinstall is not emulated')
    cloud.act(device, type)
    return undefined
  })
  route('GET', '/devices/:id/events', { querystring: shapes.pagedQuery }, 200, ({ params, query }) => {
    const events = eventAnswers(cloud.device(params.id), cloud.nowMs())
    const { items, meta } = pageOf(events, `/devices/${params.id}/events`, query)
    return { events: items, meta }
  })
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
