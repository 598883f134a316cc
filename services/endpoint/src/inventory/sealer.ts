import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isJsonObject, type JsonObject } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import {
  JsonError,
  jsonText,
  parseJson,
  readFileIfThere,
  readOrMakePrivateFile,
  type Store,
  StoreError,
} from '@powerbus/store'
import nacl from 'tweetnacl'
import { BoxKeys } from './box-keys.ts'
import { API_LIMITS } from './object-limits.ts'
import { SHARED_PREFIX } from './shared-log.ts'

/** A stored secure value (plugin contract §5): a NaCl box in base64. `Key` is the sender's one-time public key. */
export interface Sealed {
  readonly Key: string
  readonly Nonce: string
  readonly Payload: string
}

const KEY_BYTES = nacl.box.secretKeyLength
const KEY_FILE = 'secure-params.key'
/** The public half of the key, in the store. */
const PUBLIC_KEY = 'inventory/seal-key'

export function isSealed(value: unknown): value is Sealed {
  if (!isJsonObject(value) || Object.keys(value).length !== 3) return false
  return ['Key', 'Nonce', 'Payload'].every((name) => typeof value[name] === 'string')
}

/** Encrypts values so that only the holder of the 32-byte secret key can read them. */
export class Sealer {
  readonly #keys: BoxKeys
  /** Message keys of values that were opened. The value that a param had before takes its key along. */
  readonly #messageKeys = new WeakMap<Sealed, Uint8Array>()

  /**
   * Loads the key of the state folder. It is made where nothing in the store is sealed yet. Throws StoreError
   * STORE_CORRUPT where the file is missing, is no key, or is not the key of the store's sealed params: endpoints on one
   * store need one key.
   */
  static async load(stateDir: string, store: Store): Promise<Sealer> {
    const path = join(stateDir, KEY_FILE)
    const known = await store.get(PUBLIC_KEY)
    const sealed = known === undefined ? await firstSealed(store) : undefined
    const isNew = known === undefined && sealed === undefined
    const key = isNew ? await readOrMakePrivateFile(path, newKey) : await readFileIfThere(path)
    if (key === undefined) throw keyProblem(`${path} is missing`)
    if (key.length !== KEY_BYTES) throw keyProblem(`${path} is no key of ${KEY_BYTES} bytes`)
    const sealer = new Sealer(key)
    const own = base64(sealer.#keys.publicKey)
    if (sealed && sealer.#opened(sealed) === null) throw keyProblem(`${path} is another key`)
    if (known === undefined) await store.compareAndSet(PUBLIC_KEY, undefined, own)
    if ((await store.get(PUBLIC_KEY)) !== own) throw keyProblem(`${path} is another key`)
    return sealer
  }

  private constructor(secretKey: Uint8Array) {
    this.#keys = new BoxKeys(secretKey)
  }

  /** X25519, 32 bytes. */
  get publicKey(): Uint8Array {
    return this.#keys.publicKey
  }

  seal(value: unknown): Sealed {
    const { senderKey, messageKey } = this.#keys.forSealing()
    const nonce = randomBytes(nacl.box.nonceLength)
    const text = Buffer.from(jsonText(value) ?? 'null', 'utf8')
    const payload = nacl.secretbox(text, nonce, messageKey)
    return { Key: base64(senderKey), Nonce: base64(nonce), Payload: base64(payload) }
  }

  /** Decrypts a value. Throws PARAM_INVALID where it was sealed for another key or is malformed. */
  open(sealed: Sealed, param: string): unknown {
    const text = this.#opened(sealed)
    if (text === null) {
      throw new PowerbusError(
        'PARAM_INVALID',
        `${param} cannot be decrypted with this endpoint's key: set the param again`,
      )
    }
    return readSealed(Buffer.from(text).toString('utf8'), param)
  }

  /** Null where it was sealed for another key or is malformed. */
  #opened(sealed: Sealed): Uint8Array | null {
    const [key, nonce, payload] = [sealed.Key, sealed.Nonce, sealed.Payload].map((text) => Buffer.from(text, 'base64'))
    if (key?.length !== nacl.box.publicKeyLength || nonce?.length !== nacl.box.nonceLength || !payload) return null
    const messageKey = this.#messageKeys.get(sealed) ?? this.#keys.forOpening(key)
    const text = messageKey && nacl.secretbox.open(payload, nonce, messageKey)
    if (!text) return null
    this.#messageKeys.set(sealed, messageKey)
    return text
  }
}

/** The text comes from whoever sealed it. */
function readSealed(text: string, param: string): unknown {
  try {
    return parseJson(text, API_LIMITS)
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause
    throw new PowerbusError('PARAM_INVALID', `the sealed value of ${param} ${cause.message}`)
  }
}

function newKey(): Uint8Array {
  return randomBytes(KEY_BYTES)
}

/** Where the store has objects with params: of the first kinds, of all later kinds, and in uploaded bundles. */
const PLACES = ['profiles/', 'machines/', 'plugins/', 'objects/', 'contents/']

/** The params of a stored object, or of all members of a stored bundle. */
function paramsIn(value: unknown): JsonObject[] {
  if (!isJsonObject(value)) return []
  const { Params, sections } = value
  const members = isJsonObject(sections) ? Object.values(sections).filter(isJsonObject) : []
  const inBundle = members.flatMap((section) => Object.values(section)).flatMap(paramsIn)
  return isJsonObject(Params) ? [Params, ...inBundle] : inBundle
}

/** A sealed param of any object in the store, which may be one that several endpoints share. */
async function firstSealed(store: Store): Promise<Sealed | undefined> {
  for (const place of [...PLACES, ...PLACES.map((name) => `${SHARED_PREFIX}${name}`)]) {
    for await (const { value } of store.scan(place)) {
      const found = paramsIn(value)
        .flatMap(Object.values<unknown>)
        .find(isSealed)
      if (found) return found
    }
  }
  return undefined
}

/**
 * For a store, used by one endpoint, whose key is lost: removes all sealed params and the key file, so that the next
 * load makes a key. Returns the number of params.
 */
export async function forgetSealed(stateDir: string, store: Store): Promise<number> {
  let removed = 0
  for (const place of PLACES) {
    for await (const { key, value } of store.scan(place)) {
      const before = removed
      // The values of a scan are copies.
      for (const params of paramsIn(value) as Record<string, unknown>[]) {
        for (const name of Object.keys(params)) {
          if (!isSealed(params[name])) continue
          delete params[name]
          removed += 1
        }
      }
      if (removed > before) await store.set(key, value)
    }
  }
  await store.delete(PUBLIC_KEY)
  await rm(join(stateDir, KEY_FILE), { force: true })
  return removed
}

function keyProblem(what: string): StoreError {
  const text = `${what}, and params in the store are sealed with the right one: restore it from a backup, or copy it from`
  const next =
    'another endpoint on this store. If it is lost, start once with --forget-secure-params, and set them again'
  return new StoreError('STORE_CORRUPT', `${text} ${next}`)
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
