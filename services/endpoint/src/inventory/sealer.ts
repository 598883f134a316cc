import { join } from 'node:path'
import { isJsonObject } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import { JsonError, parseJson, readOrMakePrivateFile, type Store, StoreError } from '@powerbus/store'
import nacl from 'tweetnacl'
import { API_LIMITS } from './object-limits.ts'

/** A stored secure value (plugin contract §5): a NaCl box in base64. `Key` is the sender's one-time public key. */
export interface Sealed {
  readonly Key: string
  readonly Nonce: string
  readonly Payload: string
}

const KEY_BYTES = nacl.box.secretKeyLength
const SHARED_KEY = 'inventory/seal-key'

export function isSealed(value: unknown): value is Sealed {
  if (!isJsonObject(value) || Object.keys(value).length !== 3) return false
  return ['Key', 'Nonce', 'Payload'].every((name) => typeof value[name] === 'string')
}

/** Encrypts values so that only the holder of the 32-byte secret key can read them. */
export class Sealer {
  readonly #secretKey: Uint8Array
  readonly #publicKey: Uint8Array

  /**
   * Loads the key of the state folder, and makes it where it is missing. Throws an Error that names the file where it
   * holds no key.
   */
  static async load(stateDir: string): Promise<Sealer> {
    const path = join(stateDir, 'secure-params.key')
    const key = await readOrMakePrivateFile(path, () => nacl.randomBytes(KEY_BYTES))
    if (key.length !== KEY_BYTES) throw new Error(`${path} must have ${KEY_BYTES} bytes: restore it from a backup`)
    return new Sealer(key)
  }

  private constructor(secretKey: Uint8Array) {
    this.#secretKey = secretKey
    this.#publicKey = nacl.box.keyPair.fromSecretKey(secretKey).publicKey
  }

  /**
   * Endpoints on one store must use one key: the store keeps the first endpoint's public half. Throws StoreError
   * STORE_CORRUPT where this endpoint has another key.
   */
  async checkShared(store: Store): Promise<void> {
    const key = base64(this.#publicKey)
    await store.compareAndSet(SHARED_KEY, undefined, key)
    if ((await store.get(SHARED_KEY)) === key) return
    const text = 'endpoints on this store use another secure-params.key: copy that file from one of them'
    throw new StoreError('STORE_CORRUPT', text)
  }

  seal(value: unknown): Sealed {
    const sender = nacl.box.keyPair()
    const nonce = nacl.randomBytes(nacl.box.nonceLength)
    const text = Buffer.from(JSON.stringify(value), 'utf8')
    const payload = nacl.box(text, nonce, this.#publicKey, sender.secretKey)
    return { Key: base64(sender.publicKey), Nonce: base64(nonce), Payload: base64(payload) }
  }

  /** Decrypts a value. Throws PARAM_INVALID where it was sealed for another key or is malformed. */
  open(sealed: Sealed, param: string): unknown {
    const [key, nonce, payload] = [sealed.Key, sealed.Nonce, sealed.Payload].map((text) => Buffer.from(text, 'base64'))
    const isWhole = key?.length === nacl.box.publicKeyLength && nonce?.length === nacl.box.nonceLength
    const text = isWhole && payload ? nacl.box.open(payload, nonce, key, this.#secretKey) : null
    if (text === null) {
      throw new PowerbusError(
        'PARAM_INVALID',
        `${param} cannot be decrypted with this endpoint's key: set the param again`,
      )
    }
    return readSealed(Buffer.from(text).toString('utf8'), param)
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

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
