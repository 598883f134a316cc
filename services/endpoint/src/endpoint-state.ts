import type { Bus } from '@powerbus/bus'
import type { Store } from '@powerbus/store'
import type { Logger } from 'pino'
import { Authority } from './auth/authority.ts'
import { openEndpointBus, openEndpointStore } from './backends.ts'
import type { EndpointOptions } from './endpoint-options.ts'
import { ChangeFeed } from './events/change-feed.ts'
import { EventFeed } from './events/event-feed.ts'
import { RecentEvents } from './events/recent-events.ts'
import { type Change, ENDPOINT_PRINCIPAL, type Kind } from './inventory/change.ts'
import { Inventory } from './inventory/inventory.ts'
import { ParamDefinitions } from './inventory/param-definitions.ts'
import { refreshRegularly } from './inventory/regular-refresh.ts'
import { checkSealKey } from './inventory/seal-key.ts'
import { Sealer } from './inventory/sealer.ts'

/** Time for the last events to reach the bus. */
const FEED_STOP_MS = 5_000

/** The parts of an endpoint that exist before any plugin runs. */
export interface EndpointState {
  readonly bus: Bus
  readonly events: EventFeed
  readonly recentEvents: RecentEvents
  readonly changes: ChangeFeed
  readonly inventory: Inventory
  readonly authority: Authority
}

export interface StateParts {
  readonly options: EndpointOptions
  readonly log: Logger
  /** Gets one closing step for each opened thing, in the order of opening. */
  readonly undo: (() => Promise<unknown>)[]
  /** Completes a change for its event. */
  readonly shown: (change: Change) => Change
  /** Called when another endpoint on the same store has changed an object. Must not throw. */
  readonly onForeign: (kind: Kind, key: string) => void
}

/**
 * Opens store and bus, and loads the inventory. Throws StoreError and BusError; `undo` closes what was opened by then.
 */
export async function openState({ options, log, undo, shown, onForeign }: StateParts): Promise<EndpointState> {
  const isShared = options.store !== undefined || Boolean(options.environment?.REDIS_URL)
  const { store, bus } = await openBackends(options, log, undo)
  const events = new EventFeed({ bus, log })
  const recentEvents = new RecentEvents(events)
  await events.start()
  undo.push(() => events.stop(FEED_STOP_MS))
  const definitions = new ParamDefinitions(await Sealer.load(options.stateDir))
  const changes = await ChangeFeed.open({ store, isShared, definitions, events, log })
  if (isShared) await checkSealKey(store, definitions)
  const onChange = (change: Change) => changes.publish(shown(change))
  const inventory = await Inventory.load({ store, definitions, isShared, notes: changes.notes, onChange, onForeign })
  if (isShared) undo.push(refreshRegularly(inventory, log))
  return { bus, events, recentEvents, changes, inventory, authority: await Authority.load(store) }
}

/** Removes and makes the plugins and machines that the options name. Runs before any plugin starts. */
export async function seedState(options: EndpointOptions, { inventory, authority }: EndpointState): Promise<void> {
  const { plugins, machines, withoutPlugins = [] } = options
  for (const name of withoutPlugins.filter((name) => inventory.plugins.find(name))) {
    await inventory.plugins.remove(name, ENDPOINT_PRINCIPAL)
    await authority.revokePlugin(name)
  }
  for (const seed of (await plugins?.()) ?? []) await inventory.ensurePlugin(seed)
  await inventory.ensureMachines(machines?.() ?? [])
}

/** Opens store and bus where the options give none. */
async function openBackends(
  given: EndpointOptions,
  log: Logger,
  undo: (() => Promise<unknown>)[],
): Promise<{ readonly store: Store; readonly bus: Bus }> {
  const { stateDir, environment = {}, version = 'v0.0.0' } = given
  const options = { stateDir, environment, version, onNotice: (text: string) => log.warn(text) }
  const store = given.store ?? (await openEndpointStore(options))
  if (store !== given.store) undo.push(() => store.close())
  const bus = given.bus ?? (await openEndpointBus(options))
  if (bus !== given.bus) undo.push(() => bus.close())
  return { store, bus }
}
