import { consumerNameOf } from '@powerbus/bus'
import { decodePluginManifest, type PluginManifest } from '@powerbus/drp'
import { type DurableEvents, durableEvents, ownEvents } from '@powerbus/plugin-sdk'
import { builtExecutable, runProgram } from '@powerbus/testkit'

const PREFIX = 'powerbus.v1'

/** What a service's user may do under the committed NATS configuration, by the manifest of the service. */
export interface ServiceRights {
  readonly name: string
  readonly events: DurableEvents | undefined
  /** The newest first; the last one is of earlier builds. */
  readonly consumers: readonly string[]
  /** Subjects that it publishes, but for answers. JetStream's API has the name that the service's account gives it. */
  readonly publish: readonly string[]
  readonly subscribe: readonly string[]
}

export async function manifestOf(name: string): Promise<PluginManifest> {
  const env = { ...process.env, RS_TOKEN: 'catalog' }
  const { stdout } = await runProgram(process.execPath, [builtExecutable(`plugins/${name}`), 'define'], { env })
  return decodePluginManifest(JSON.parse(stdout))
}

export async function rightsOf(name: string): Promise<ServiceRights> {
  const manifest = await manifestOf(name)
  const events = durableEvents(manifest)
  const consumers = events ? [consumerNameOf(events.durable, events.match), events.durable] : []
  return {
    name,
    events,
    consumers,
    publish: [
      ...ownEvents(manifest).map(({ Type, Action, Key }) => `${PREFIX}.event.${Type}.${Action}.${Key}`),
      `${PREFIX}.presence.plugin.${name}.*`,
      `${PREFIX}.log.${name}`,
      `${PREFIX}.js.STREAM.INFO.POWERBUS_EVENTS`,
      `${PREFIX}.js.STREAM.INFO.POWERBUS_DEAD`,
      ...(events
        ? [
            `${PREFIX}.dead.${events.durable}`,
            `${PREFIX}.dead.${events.durable}.*`,
            `${PREFIX}.js.STREAM.MSG.GET.POWERBUS_DEAD`,
          ]
        : []),
      ...consumers.flatMap((consumer) => [
        `${PREFIX}.js.CONSUMER.INFO.POWERBUS_EVENTS.${consumer}`,
        `${PREFIX}.js.CONSUMER.MSG.NEXT.POWERBUS_EVENTS.${consumer}`,
        `$JS.ACK.POWERBUS_EVENTS.${consumer}.>`,
      ]),
    ],
    subscribe: [
      `${PREFIX}.action.${name}.*`,
      `${PREFIX}.define.${name}`,
      `${PREFIX}.config.${name}`,
      `${PREFIX}.who`,
      `$SRV.*.${name}`,
      `$SRV.*.${name}.*`,
      ...['$SRV.PING', '$SRV.INFO', '$SRV.STATS'],
      `_INBOX.${name}.>`,
    ],
  }
}

/** Of another service, and of the endpoint. */
export function forbiddenTo({ name, events }: ServiceRights, other: ServiceRights) {
  const durable = events?.durable ?? `plugin-${name}`
  const theirs = other.events?.durable ?? 'plugin-packet-ipmi'
  const theirConsumer = other.consumers[0] ?? 'plugin-packet-ipmi=6c80011e597d'
  const streams = ['CREATE', 'UPDATE', 'DELETE', 'PURGE', 'MSG.GET', 'MSG.DELETE', 'SNAPSHOT', 'RESTORE']
  const api = [
    ...streams.map((verb) => `STREAM.${verb}.POWERBUS_EVENTS`),
    ...['CREATE', 'UPDATE', 'DELETE', 'PURGE', 'MSG.DELETE'].map((verb) => `STREAM.${verb}.POWERBUS_DEAD`),
    ...['MIRROR', 'SOURCE', 'REPUBLISH', 'KV_bucket', 'OBJ_bucket'].map((stream) => `STREAM.CREATE.${stream}`),
    ...['STREAM.LIST', 'STREAM.NAMES', 'INFO', 'STREAM.INFO.KV_bucket', 'SERVER.REMOVE', 'META.LEADER.STEPDOWN'],
    ...['DIRECT.GET.POWERBUS_EVENTS', 'DIRECT.GET.POWERBUS_DEAD', `DIRECT.GET.POWERBUS_DEAD.${PREFIX}.dead.${theirs}`],
    ...['CONSUMER.LIST.POWERBUS_EVENTS', 'CONSUMER.NAMES.POWERBUS_EVENTS', 'CONSUMER.CREATE.POWERBUS_EVENTS'],
    ...['CONSUMER.CREATE.POWERBUS_EVENTS.evil', `CONSUMER.CREATE.POWERBUS_EVENTS.evil.${PREFIX}.event.${name}.>`],
    ...['CONSUMER.DURABLE.CREATE.POWERBUS_EVENTS.evil', `CONSUMER.DURABLE.CREATE.POWERBUS_EVENTS.${durable}`],
    ...['CONSUMER.CREATE.POWERBUS_DEAD', 'CONSUMER.DURABLE.CREATE.POWERBUS_DEAD.evil', 'CONSUMER.LIST.POWERBUS_DEAD'],
    ...[`CONSUMER.DELETE.POWERBUS_EVENTS.${durable}`, `CONSUMER.DELETE.POWERBUS_EVENTS.${theirConsumer}`],
    ...[`CONSUMER.INFO.POWERBUS_EVENTS.${theirConsumer}`, `CONSUMER.MSG.NEXT.POWERBUS_EVENTS.${theirConsumer}`],
    `CONSUMER.MSG.NEXT.POWERBUS_EVENTS.${theirs}`,
    ...(events ? [] : ['STREAM.MSG.GET.POWERBUS_DEAD']),
  ]
  return {
    publish: [
      ...['create', 'update', 'save', 'delete', 'any'].map((action) => `${PREFIX}.event.machines.${action}.u`),
      ...[
        'plugins.update.u',
        'profiles.create.u',
        'params.save.u',
        'users.create.u',
        'tokens.delete.u',
        'log.info.u',
      ].map((event) => `${PREFIX}.event.${event}`),
      ...[`${other.name}.audit.u`, `requests.found.u`, 'machines.delete', `${name}.a`].map(
        (event) => `${PREFIX}.event.${event}`,
      ),
      ...[theirs, `${theirs}.1-2`, `${durable}=1-2`, `${durable}.1-2.3`].map((letter) => `${PREFIX}.dead.${letter}`),
      ...[`plugin.${other.name}.one`, 'endpoint.endpoint.one', `plugin.${name}`].map(
        (presence) => `${PREFIX}.presence.${presence}`,
      ),
      ...[`log.${other.name}`, 'who', `define.${other.name}`, `config.${name}`, `config.${other.name}`].map(
        (subject) => `${PREFIX}.${subject}`,
      ),
      ...[`action.${name}.poweron`, `action.${other.name}.poweron`].map((subject) => `${PREFIX}.${subject}`),
      ...api.flatMap((call) => [`$JS.API.${call}`, `${PREFIX}.js.${call}`]),
      ...[theirConsumer, theirs].map((consumer) => `$JS.ACK.POWERBUS_EVENTS.${consumer}.1.1.1.1.0`),
      ...['$KV.bucket.key', '$O.bucket.C.x', '$SRV.PING', `$SRV.PING.${other.name}`, '$SYS.REQ.SERVER.PING'],
      ...['_INBOX.endpoint.x.y', `_INBOX.${other.name}.x.y`, `_INBOX.${name}.x`, '_INBOX_OBSERVER.x', '_R_.x.y'],
    ],
    subscribe: [
      ...['>', `${PREFIX}.>`, `${PREFIX}.event.>`, `${PREFIX}.action.>`, `${PREFIX}.config.*`, `${PREFIX}.log.${name}`],
      ...[`${PREFIX}.action.${other.name}.*`, `${PREFIX}.config.${other.name}`, `${PREFIX}.define.${other.name}`],
      ...[`${PREFIX}.presence.>`, `${PREFIX}.dead.>`, `${PREFIX}.js.>`, '$JS.>', '$JS.ACK.>', '_R_.>'],
      ...['_INBOX.>', '_INBOX.endpoint.>', `_INBOX.${other.name}.>`, '_INBOX_OBSERVER.>', '$SYS.>', '$KV.>'],
      ...['$SRV.>', `$SRV.PING.${other.name}`, `$SRV.INFO.${other.name}.*`],
    ],
  }
}
