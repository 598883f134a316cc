import { type DrpEvent, decodeDrpEvent } from '../drp-event.ts'
import { decodeEndpointInfo, type EndpointInfo } from '../endpoint-info.ts'
import { DecodeError, FieldReader, type JsonObject } from '../field-reader.ts'
import { decodeLoginCode, type LoginCode } from '../login-code.ts'
import { decodeMachine, type Machine } from '../models/machine.ts'
import { decodePluginObject, type PluginObject } from '../models/plugin.ts'
import { decodePluginManifest, type PluginManifest } from '../plugin-manifest.ts'
import { decodeUserToken, type UserToken } from '../user-token.ts'
import { ActionCollection } from './action-collection.ts'
import { ObjectCollection, readAnswer } from './object-collection.ts'
import { apiPath, keySegment } from './path.ts'
import { TokenClient } from './token-client.ts'
import { type BinaryContent, type RequestOptions, Transport, type TransportOptions } from './transport.ts'

/**
 * The DRP API (plugin contract §5).
 *
 *     const drp = new DrpClient({ endpoint: 'https://127.0.0.1:8092', token }) const machines = await
 * drp.machines.list({ where: { 'ipmi/mode': filter.equal('redfish') }, slim: ['Meta'] }) await
 * drp.actions.run('machines', machine.Uuid, 'powercycle', {}, { timeoutMs: 120_000, signal })
 *
 * The client repeats reads after passing failures, with back-off. It repeats any other request only if the server
 * certainly did not receive it. The methods throw DrpApiError, or the reason of an aborted `signal`. The owner closes
 * the client.
 */
export class DrpClient {
  readonly machines: ObjectCollection<Machine>
  readonly plugins: ObjectCollection<PluginObject>
  readonly actions: ActionCollection
  readonly tokens: TokenClient
  readonly #transport: Transport

  constructor(options: TransportOptions) {
    this.#transport = new Transport(options)
    this.machines = new ObjectCollection(this.#transport, 'machines', decodeMachine)
    this.plugins = new ObjectCollection(this.#transport, 'plugins', decodePluginObject)
    this.actions = new ActionCollection(this.#transport)
    this.tokens = new TokenClient(this.#transport)
  }

  /** Objects of any kind, such as `profiles`, `params` and `stages`. */
  objects(kind: string): ObjectCollection<JsonObject> {
    return new ObjectCollection(this.#transport, kind, (value) => new FieldReader(value, kind).fields)
  }

  /** Version and features of the endpoint. */
  async info(options: RequestOptions = {}): Promise<EndpointInfo> {
    return readAnswer(
      'info',
      decodeEndpointInfo,
      await this.#transport.send({ ...options, method: 'GET', path: 'info' }),
    )
  }

  /**
   * The manifests of all plugin providers. Leaves out providers whose `define` failed, which the endpoint also lists.
   */
  async manifests(options: RequestOptions = {}): Promise<PluginManifest[]> {
    const listed = await this.objects('plugin_providers').list({}, options)
    return listed
      .filter(({ PluginVersion }) => PluginVersion !== undefined)
      .map((manifest) => decodePluginManifest(manifest))
  }

  /** Stores a provider's executable; the endpoint runs its `define` and starts it. Returns `{path, size}`. */
  async uploadProvider(name: string, content: BinaryContent, options: RequestOptions = {}): Promise<unknown> {
    const path = apiPath('plugin_providers', keySegment(name))
    return this.#transport.send({ ...options, method: 'POST', path, content })
  }

  /**
   * The last events, oldest first, at most `limit` (1..1000). Only Powerbus endpoints have them; others answer 404 or
   * 405.
   */
  async recentEvents(limit: number, options: RequestOptions = {}): Promise<readonly DrpEvent[]> {
    const answer = await this.#transport.send({ ...options, method: 'GET', path: `events?limit=${limit}` })
    return readAnswer(
      'events',
      (value) => {
        if (!Array.isArray(value)) throw new DecodeError('events', 'an array', value)
        return value.map((member) => decodeDrpEvent(member))
      },
      answer,
    )
  }

  /** Publishes an event. */
  async postEvent(event: DrpEvent, options: RequestOptions = {}): Promise<void> {
    await this.#transport.send({ ...options, method: 'POST', path: 'events', body: event })
  }

  /** Calls the plugin's own API, `/plugin-apis/NAME/PATH`, with JSON in both directions. */
  async pluginApi(
    plugin: string,
    method: 'GET' | 'POST',
    path: string,
    body?: unknown,
    options: RequestOptions = {},
  ): Promise<unknown> {
    const below = { base: '/plugin-apis/', path: `${keySegment(plugin)}/${path}` } as const
    return this.#transport.send({ ...options, ...below, method, ...(body !== undefined && { body }) })
  }

  /** A token for a user, valid for `ttlSeconds`. The client must have been made with `basic`. */
  async userToken(username: string, ttlSeconds: number, options: RequestOptions = {}): Promise<UserToken> {
    const path = `${apiPath('users', keySegment(username), 'token')}?ttl=${ttlSeconds}`
    return readAnswer('token', decodeUserToken, await this.#transport.send({ ...options, method: 'GET', path }))
  }

  async setPassword(username: string, password: string, options: RequestOptions = {}): Promise<void> {
    const path = apiPath('users', keySegment(username), 'password')
    await this.#transport.send({ ...options, method: 'PUT', path, body: { Password: password } })
  }

  /**
   * A new code for one login of the user; it replaces the old code. Only Powerbus endpoints have it; others answer 404
   * or 405.
   */
  async loginCode(username: string, options: RequestOptions = {}): Promise<LoginCode> {
    const path = apiPath('users', keySegment(username), 'login-code')
    return readAnswer(
      'login code',
      decodeLoginCode,
      await this.#transport.send({ ...options, method: 'POST', path, body: {} }),
    )
  }

  /** Closes the connections. Requests under way fail. */
  async close(): Promise<void> {
    await this.#transport.close()
  }
}
