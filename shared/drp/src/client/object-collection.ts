import type { Operation } from 'rfc6902'
import { DecodeError, isJsonObject, type JsonObject } from '../field-reader.ts'
import { DrpApiError } from './drp-api-error.ts'
import { type ListQuery, queryText } from './list-query.ts'
import { apiPath, keySegment } from './path.ts'
import type { RequestOptions, Transport } from './transport.ts'

export type { Operation } from 'rfc6902'

export interface ParamQuery {
  /** Include params from profiles and defaults. */
  readonly aggregate?: boolean
  /** Decrypt secure params. */
  readonly decode?: boolean
}

/**
 * The objects of one kind (§5). A key is the UUID or name of an object, or `INDEX:VALUE`, such as `Name:node-01`. The
 * methods throw DrpApiError.
 */
export class ObjectCollection<T extends JsonObject> {
  readonly #transport: Transport
  readonly #kind: string
  readonly #decode: (value: unknown) => T

  constructor(transport: Transport, kind: string, decode: (value: unknown) => T) {
    this.#transport = transport
    this.#kind = kind
    this.#decode = decode
  }

  async list(query: ListQuery = {}, options: RequestOptions = {}): Promise<readonly T[]> {
    const path = `${apiPath(this.#kind)}${queryText(query)}`
    const answer = await this.#transport.send({ ...options, method: 'GET', path })
    return this.#read((value) => {
      if (!Array.isArray(value)) throw new DecodeError(this.#kind, 'an array', value)
      return value.map((member) => this.#decode(member))
    }, answer)
  }

  async get(key: string, query: ParamQuery = {}, options: RequestOptions = {}): Promise<T> {
    const path = `${this.#path(key)}${queryText(query)}`
    return this.#read(this.#decode, await this.#transport.send({ ...options, method: 'GET', path }))
  }

  async create(object: Partial<T>, options: RequestOptions = {}): Promise<T> {
    const path = apiPath(this.#kind)
    return this.#read(this.#decode, await this.#transport.send({ ...options, method: 'POST', path, body: object }))
  }

  async replace(key: string, object: T, options: RequestOptions = {}): Promise<T> {
    const path = this.#path(key)
    return this.#read(this.#decode, await this.#transport.send({ ...options, method: 'PUT', path, body: object }))
  }

  /** Changes an object by a JSON Patch (RFC 6902), and returns the new object. */
  async patch(key: string, operations: readonly Operation[], options: RequestOptions = {}): Promise<T> {
    const path = this.#path(key)
    return this.#read(this.#decode, await this.#transport.send({ ...options, method: 'PATCH', path, body: operations }))
  }

  /**
   * Sends the difference between `before`, the object as read, and `after`. The patch tests every value that it
   * replaces, so the endpoint refuses it (kind `conflict` or `refused`) if another client changed that value meanwhile.
   */
  async update(key: string, before: T, after: T, options: RequestOptions = {}): Promise<T> {
    const { createPatch, createTests } = await import('rfc6902')
    const operations = createPatch(before, after)
    if (operations.length === 0) return before
    return this.patch(key, [...createTests(before, operations), ...operations], options)
  }

  /** Deletes an object and returns it. */
  async delete(key: string, options: RequestOptions = {}): Promise<T> {
    return this.#read(this.#decode, await this.#transport.send({ ...options, method: 'DELETE', path: this.#path(key) }))
  }

  /** Deletes an object whose kind may answer nothing. */
  async remove(key: string, options: RequestOptions = {}): Promise<void> {
    await this.#transport.send({ ...options, method: 'DELETE', path: this.#path(key) })
  }

  async params(key: string, query: ParamQuery = {}, options: RequestOptions = {}): Promise<JsonObject> {
    const path = `${this.#path(key, 'params')}${queryText(query)}`
    return this.#read(objectOf, await this.#transport.send({ ...options, method: 'GET', path }))
  }

  /** The value of one param. */
  async param(key: string, name: string, query: ParamQuery = {}, options: RequestOptions = {}): Promise<unknown> {
    const path = `${this.#path(key, 'params', name)}${queryText(query)}`
    return this.#transport.send({ ...options, method: 'GET', path })
  }

  async setParam(key: string, name: string, value: unknown, options: RequestOptions = {}): Promise<void> {
    const path = this.#path(key, 'params', name)
    await this.#transport.send({ ...options, method: 'POST', path, body: value })
  }

  async deleteParam(key: string, name: string, options: RequestOptions = {}): Promise<void> {
    await this.#transport.send({ ...options, method: 'DELETE', path: this.#path(key, 'params', name) })
  }

  #path(key: string, ...below: readonly string[]): string {
    return apiPath(this.#kind, keySegment(key, this.#kind), ...below)
  }

  #read<R>(decode: (value: unknown) => R, answer: unknown): R {
    return readAnswer(this.#kind, decode, answer)
  }
}

function objectOf(value: unknown): JsonObject {
  if (!isJsonObject(value)) throw new DecodeError('params', 'an object', value)
  return value
}

/** Decodes an answer. Throws DrpApiError of kind `protocol` if its shape violates the contract. */
export function readAnswer<R>(subject: string, decode: (value: unknown) => R, answer: unknown): R {
  try {
    return decode(answer)
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause
    throw new DrpApiError('protocol', `${subject}: ${cause.message}`, { cause })
  }
}
