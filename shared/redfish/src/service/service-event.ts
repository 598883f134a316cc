import { REGISTRIES } from './service-message.ts'

type Row = readonly [severity: 'OK' | 'Warning' | 'Critical', sentence: string]

/** Keys of the ResourceEvent and TaskEvent registries, with sentences of this service. DSP8011. */
const table = {
  ResourceEvent: {
    ResourceCreated: ['OK', 'A resource was made'],
    ResourceRemoved: ['OK', 'A resource was removed'],
    ResourceChanged: ['OK', 'A resource was changed'],
    ResourcePoweredOn: ['OK', "'%1' is on"],
    ResourcePoweredOff: ['OK', "'%1' is off"],
    ResourceStateChanged: ['OK', "'%1' is now %2"],
    TestMessage: ['OK', 'A test'],
  },
  TaskEvent: {
    TaskStarted: ['OK', "Task '%1' began"],
    TaskCompletedOK: ['OK', "Task '%1' ended well"],
    TaskAborted: ['Critical', "Task '%1' failed"],
  },
} as const satisfies Record<string, Record<string, Row>>

type Table = typeof table
export type EventKey = { [name in keyof Table]: `${name}.${keyof Table[name] & string}` }[keyof Table]

/** Something that happened, for the log and for subscribers. */
export interface ServiceEvent {
  /** `ResourceEvent.1.4.ResourceChanged`. */
  readonly messageId: string
  readonly message: string
  readonly args: readonly string[]
  readonly severity: Row[0]
  /** Path of the resource that it is about. */
  readonly origin: string
}

/** An event of the registries that the service sends. */
export function serviceEvent(key: EventKey, origin: string, args: readonly string[] = []): ServiceEvent {
  const [registry, name] = key.split('.') as [keyof Table, string]
  const [severity, sentence] = (table[registry] as Record<string, Row>)[name] as Row
  const version = REGISTRIES[registry].split('.', 2).join('.')
  const text = `${sentence.replace(/%(\d)/g, (_, number) => args[Number(number) - 1] ?? '')}.`
  return { messageId: `${registry}.${version}.${name}`, message: text, args, severity, origin }
}

/** An interrupt for diagnosis has no key in the registries: an entry of a log, whose words are its own. */
export function interruptEvent(origin: string): ServiceEvent {
  return serviceEvent('ResourceEvent.ResourceStateChanged', origin, [origin, 'Interrupted for diagnosis'])
}
