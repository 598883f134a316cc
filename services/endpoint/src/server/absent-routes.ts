import { PowerbusError } from '@powerbus/plugin-sdk'
import type { FastifyInstance, FastifyRequest } from 'fastify'

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

const JOBS = 'no runner works on machines here, so there are no jobs: run an action (machines/KEY/actions/COMMAND)'
const ORDERS = 'no runner takes work orders here: run an action (machines/KEY/actions/COMMAND) for each machine'
const ADDRESSES = "there is no DHCP server here: keep addresses in your own, and set a machine's Address"
const ONE = 'this endpoint manages no others: ask each endpoint itself'

/** Parts of Digital Rebar that this endpoint does not have: what is not there, and what to use. */
export const absentParts: Readonly<Record<string, string>> = {
  jobs: JOBS,
  work_orders: ORDERS,
  blueprints: ORDERS,
  batches: ORDERS,
  triggers: 'nothing is triggered here: let a program follow the event stream (GET ws) and run actions',
  trigger_providers: 'nothing is triggered here: let a program follow the event stream (GET ws) and run actions',
  leases: ADDRESSES,
  subnets: ADDRESSES,
  reservations: ADDRESSES,
  zones: 'there is no name server here: keep names in your own',
  tenants: 'there are no tenants here: give a token the scope of one machine, or run an endpoint for each tenant',
  pools: 'there are no pools here: mark machines with a param, and filter by it (machines?PARAM=VALUE)',
  clusters: 'there are no clusters here: mark machines with a profile or a param, and filter by it',
  resource_brokers: "there are no resource brokers here: a cloud's plugin makes its machines",
  identity_providers: 'logins come from users and tokens alone: POST users, then PUT users/NAME/password',
  filters: 'no filters are stored here: put them into the query (machines?INDEX=VALUE)',
  endpoints: ONE,
  version_sets: ONE,
  catalog_items:
    'there is no catalog here: upload bundles with POST contents and providers with POST plugin_providers/NAME',
  ha: 'no endpoint stands by here: run several on one Redis and NATS (docs/operating)',
  dhcp: ADDRESSES,
  tftpfiles: 'there is no TFTP server here: files are served by HTTPS (files/PATH)',
}

/** Answers 501 for what Digital Rebar has and this endpoint does not, with a sentence that says what to use. */
export function absentRoutes(api: FastifyInstance): void {
  const part = `/:part(^(?:${Object.keys(absentParts).join('|')})$)`
  const textOf = ({ params }: FastifyRequest) => absentParts[Object(params).part] ?? ''
  absentRoute(api, part, textOf)
  absentRoute(api, `${part}/*`, textOf)
}

/** `drpcli -u NAME` asks one endpoint to pass the request on to another: it puts the name before `/api`. */
export function absentProxyRoute(server: FastifyInstance): void {
  absentRoute(server, '/:proxy/api/v3/*', () => `${ONE}, and leave the URL proxy (-u) out`)
}

function absentRoute(server: FastifyInstance, url: string, textOf: (request: FastifyRequest) => string): void {
  const refuse = async (request: FastifyRequest) => {
    throw new PowerbusError('NOT_IMPLEMENTED', textOf(request))
  }
  // Before the body is read, whatever it is.
  const describe = { hidden: 'it answers 501' }
  const config = { refreshesStore: true, access: { role: 'read', about: 'none' }, describe } as const
  server.route({ method: METHODS, url, config, onRequest: refuse, handler: refuse })
}
