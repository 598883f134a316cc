import { randomUUID } from 'node:crypto'
import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Alert, JsonObject, Machine, PluginObject } from '@powerbus/drp'
import { PowerbusError, SHARED_BUNDLE, sharedBundle } from '@powerbus/plugin-sdk'
import { type Store, StoreError } from '@powerbus/store'
import { onAbort } from '@powerbus/turns'
import { pino } from 'pino'
import { addressesOf, filesUrlOf, urlOf } from './addresses.ts'
import { Authority } from './auth/authority.ts'
import { Login } from './auth/login.ts'
import { writeOperatorFile } from './auth/operator-file.ts'
import { PasswordBook } from './auth/password-book.ts'
import { PasswordCheck } from './auth/password-check.ts'
import { UserTokens } from './auth/user-tokens.ts'
import { Users } from './auth/users.ts'
import { openBackends, storeVariables } from './backends.ts'
import { BlobFolder } from './blobs/blob-folder.ts'
import type { EndpointOptions } from './endpoint-options.ts'
import { Audit } from './events/audit.ts'
import { changeEvent } from './events/change-event.ts'
import { EventFeed } from './events/event-feed.ts'
import { RecentEvents } from './events/recent-events.ts'
import { ActionRunner } from './host/action-runner.ts'
import { pluginAlert } from './host/plugin-alert.ts'
import { PluginSupervisor } from './host/plugin-supervisor.ts'
import { ProviderChanges } from './host/provider-changes.ts'
import { ProviderUploads } from './host/provider-uploads.ts'
import { makeRuntimeFolder, removeRuntimeFolder } from './host/runtime-folder.ts'
import { Alerts } from './inventory/alerts.ts'
import { BASIC_LAYER, basicBundle } from './inventory/basic-layer.ts'
import { type Change, ENDPOINT_PRINCIPAL } from './inventory/change.ts'
import { ChangeNotes } from './inventory/change-notes.ts'
import type { Collection } from './inventory/collection.ts'
import { Contents } from './inventory/contents.ts'
import { Inventory } from './inventory/inventory.ts'
import { knownSecrets } from './inventory/known-secrets.ts'
import { ParamDefinitions } from './inventory/param-definitions.ts'
import { refreshRegularly } from './inventory/regular-refresh.ts'
import { forgetSealed, Sealer } from './inventory/sealer.ts'
import { ensureMachines, ensurePlugin, type MachineSeed } from './inventory/seeds.ts'
import { checkStateFormat } from './inventory/state-format.ts'
import { LogRing } from './log/log-ring.ts'
import { tappedLog } from './log/log-tap.ts'
import { createEndpointMetrics } from './metrics/endpoint-metrics.ts'
import { Admission } from './server/admission.ts'
import { buildApi } from './server/api.ts'
import { hasIdentity, loadIdentity } from './server/certificate.ts'
import { listenOn } from './server/listen-on.ts'
import { endpointReadiness } from './server/readiness.ts'
import { startStaticServer } from './server/static-server.ts'

const DEFAULT_ADDRESS = '127.0.0.1'
const DEFAULT_PORT = 8092
/** Of one file or image that is uploaded. */
const FILE_BYTES_MAX = 64 * 1024 ** 3
const DRAIN_MS = 60_000
/** Time for the last events to reach the bus. */
const FEED_STOP_MS = 5_000

/** Closing steps, in the order of opening. */
type Undo = (() => Promise<unknown>)[]

/** A running endpoint on one state folder: store, inventory, plugins and API. */
export interface Endpoint {
  /** `https://ADDRESS:PORT`. */
  readonly url: string
  /** Of the static files over plain HTTP, `http://ADDRESS:PORT/files`; undefined where they are served over TLS alone. */
  readonly filesUrl: string | undefined
  /** The certificate's SHA-256: hexadecimal pairs with colons. */
  readonly fingerprint: string
  /** Password of user `powerbus` for one login within 15 minutes. */
  readonly loginCode: string
  /** All events: of changes, actions, plugins and API clients. */
  readonly events: EventFeed
  /** Returns the plugin objects with their present state. */
  plugins(): readonly PluginObject[]
  /** Makes machines whose name is new, and sets the given fields and params of the others. */
  ensureMachines(seeds: readonly MachineSeed[]): Promise<readonly Machine[]>
  /** Finishes accepted requests (60 s at most), stops the plugins, and leaves nothing but the state folder. */
  stop(): Promise<void>
}

/**
 * Resolves when the API answers and every plugin has had its first start. Throws an Error where the port is in use,
 * StoreError where the state folder is in use or damaged, BusError, and SHUTTING_DOWN where the options' signal was
 * aborted. Nothing keeps running then.
 */
export async function startEndpoint(options: EndpointOptions): Promise<Endpoint> {
  const undo: Undo = []
  const undoAll = async () => {
    for (const step of undo.splice(0).reverse()) await step()
  }
  try {
    const started = await start(options, undo)
    let stopping: Promise<void> | undefined
    const stop = () => {
      stopping ??= undoAll()
      return stopping
    }
    return { ...started, stop }
  } catch (error) {
    await undoAll()
    throw error
  }
}

async function start(options: EndpointOptions, undo: Undo): Promise<Omit<Endpoint, 'stop'>> {
  const { stateDir, address = DEFAULT_ADDRESS, port = DEFAULT_PORT } = options
  const { version = 'v0.0.0', environment = {}, signal, stream: streamLimits = {} } = options
  const logs = new LogRing()
  const log = tappedLog(options.log ?? pino({ level: 'warn' }, pino.destination(2)), logs)
  await mkdir(stateDir, { recursive: true, mode: 0o700 })
  await chmod(stateDir, 0o700)
  const { store, bus, isShared } = await openBackends({ ...options, version, environment }, log, undo)
  if (hasIdentity(stateDir) && (await isEmpty(store))) {
    const found = `the store has nothing in it, but the state folder ${stateDir} was used before`
    if (!isShared)
      throw new StoreError('STORE_CORRUPT', `${found}: restore the folder from a backup, or remove it whole`)
    log.warn(`${found}: is REDIS_URL the right one?`)
  }

  const events = new EventFeed({ bus, log })
  const recentEvents = new RecentEvents(events)
  await events.start()
  undo.push(() => events.stop(FEED_STOP_MS))

  if (options.forgetSecureParams) {
    if (isShared) throw new Error('secure params are forgotten in a store of its own only: not with REDIS_URL')
    log.warn({ params: await forgetSealed(stateDir, store) }, 'secure params were removed, as asked: set them again')
  }
  await checkStateFormat(store)
  const sealer = await Sealer.load(stateDir, store)
  const definitions = new ParamDefinitions(sealer)
  definitions.keepSecure(knownSecrets.map((Name) => ({ Name, Secure: true })))
  const { notes, pending } = isShared ? { pending: [] } : await ChangeNotes.open(store)
  const publish = (change: Change) => {
    const forget = async () => {
      await notes?.remove(change.id).catch((error: unknown) => {
        log.warn({ err: error }, 'the event of a change may be published a second time')
      })
    }
    events.publish(changeEvent(change, definitions), { onEnd: (isPublished) => void (isPublished && forget()) })
  }
  // There are changes before there are plugins.
  let present: PluginSupervisor | undefined
  let onForeignUser: () => void = () => undefined
  const inventory = await Inventory.load({
    store,
    definitions,
    isShared,
    notes,
    onChange: ({ kind, object, original, ...change }) => {
      const shown = (given: JsonObject) => present?.shown(kind, given) ?? given
      publish({ ...change, kind, object: shown(object), original: original && shown(original) })
    },
    onForeign: (kind, key) => {
      if (kind === 'users') onForeignUser()
      present?.follow(kind, key, true).catch((error: unknown) => {
        log.error({ kind, key, err: error }, 'this endpoint could not follow a change of another endpoint')
      })
    },
  })
  await inventory.putLayer({ name: BASIC_LAYER, type: 'basic', bundle: basicBundle(version) })
  await inventory.putLayer({ name: SHARED_BUNDLE, type: 'content', bundle: sharedBundle() })
  const contents = await Contents.load({ inventory, store, version, log })
  if (isShared) undo.push(refreshRegularly(inventory, log))
  const audit = new Audit(events)
  const onUseLost = (error: unknown) => log.warn({ error: String(error) }, 'the last use of a token is not stored')
  const passwords = await inventory.alongside((sharing) => new PasswordBook(store, sharing))
  const users = new Users(passwords, (name) => inventory.collection('users').find(name))
  const authority = await Authority.load({ store, inventory, audit, users, sessionS: options.sessionS, onUseLost })
  onForeignUser = () => authority.usersChanged()
  const userTokens = new UserTokens(authority, users, options.passwordCost)
  await userTokens.settle()
  const alerts = new Alerts(inventory.collection('alerts') as unknown as Collection<Alert>)

  const folders = {
    files: await BlobFolder.open(addressesOf('', stateDir).webRoot, FILE_BYTES_MAX),
    isos: await BlobFolder.open(join(stateDir, 'isos'), FILE_BYTES_MAX),
  }
  const plainFiles =
    options.filesPort === undefined ? undefined : await startStaticServer(folders, address, options.filesPort, log)
  if (plainFiles !== undefined) undo.push(() => plainFiles.close())
  const runtimeNote = join(stateDir, 'runtime')
  const runtimeFolder = await makeRuntimeFolder(runtimeNote)
  undo.push(() => removeRuntimeFolder(runtimeNote, runtimeFolder))
  const uploads = await ProviderUploads.open(stateDir)
  const supervisor = new PluginSupervisor({
    ...options,
    uploads,
    runtimeFolder,
    inventory,
    authority,
    events,
    bus,
    log,
    onLogLine: (line) => logs.add(line),
    childEnvironment: storeVariables(environment),
    onChange: (change) => {
      publish(change)
      const alert = pluginAlert(change.object)
      const onFailure = (error: unknown) => log.warn({ error: String(error) }, 'an alert is not stored')
      if (alert !== undefined) alerts.raise(alert).catch(onFailure)
    },
  })
  present = supervisor
  await supervisor.discover(addressesOf(urlOf(address, port), stateDir))
  // Needs the definitions of secure params.
  for (const change of pending) publish(change)
  await seed(options, inventory, authority)

  const identity = await loadIdentity(stateDir, address, log)
  const metrics = await createEndpointMetrics({ version, bus, events, supervisor })
  const actions = new ActionRunner({ inventory, supervisor, events, metrics })
  const readiness = () => endpointReadiness(bus, store)
  const check = new PasswordCheck(passwords, undefined, options.passwordCost)
  const login = new Login({ authority, users, passwords: check })
  const admission = new Admission({ authority, login, inventory, audit })
  const own = { version, id: await endpointId(store), address, filePort: plainFiles?.port ?? 0 }
  const providers = new ProviderChanges({ supervisor, uploads, onChange: publish })
  const files = { folders, providers, contents, onChange: publish }
  const people = { authority, userTokens, admission, audit, alerts }
  const rest = { ...people, readiness, events, metrics, recentEvents, streamLimits, logs, ...files, ...own }
  const api = buildApi({ inventory, supervisor, actions, ...rest }, identity, log)
  const url = urlOf(address, await listenOn(api.server, address, port))
  undo.push(() => supervisor.stop())
  undo.push(() => api.drain(DRAIN_MS))
  // The closing steps report a failed stop.
  const off = signal && onAbort(signal, () => void supervisor.stop().catch(() => undefined))
  const filesUrl = plainFiles && filesUrlOf(address, plainFiles.port)
  await supervisor.start(addressesOf(url, stateDir, filesUrl))
  off?.()
  if (signal?.aborted) throw new PowerbusError('SHUTTING_DOWN', 'the endpoint was stopped before its start had ended')
  const { certificate, fingerprint } = identity
  undo.push(await writeOperatorFile(stateDir, { url, token: authority.operatorToken(), certificate, fingerprint }))
  return {
    url,
    filesUrl,
    fingerprint,
    loginCode: authority.newLoginCode().code,
    events,
    plugins: () => inventory.plugins.list().map((plugin) => supervisor.shown('plugins', plugin)),
    ensureMachines: (seeds) => ensureMachines(inventory, seeds),
  }
}

/** Made when it is first asked for. */
async function endpointId(store: Store): Promise<string> {
  const key = 'endpoint/id'
  await store.compareAndSet(key, undefined, randomUUID())
  return String(await store.get(key))
}

async function isEmpty(store: Store): Promise<boolean> {
  for await (const _entry of store.scan('')) return false
  return true
}

/** Removes and makes the plugins and machines that the options name, before any plugin starts. */
async function seed(options: EndpointOptions, inventory: Inventory, authority: Authority): Promise<void> {
  const { seeds, withoutPlugins = [] } = options
  for (const name of withoutPlugins.filter((name) => inventory.plugins.find(name))) {
    await inventory.plugins.remove(name, ENDPOINT_PRINCIPAL)
    await authority.revokePlugin(name)
  }
  const { plugins = [], machines = [] } = (await seeds?.()) ?? {}
  for (const plugin of plugins) await ensurePlugin(inventory, plugin)
  await ensureMachines(inventory, machines)
}
