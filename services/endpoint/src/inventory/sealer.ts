import { isJsonObject } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import nacl from 'tweetnacl'

/** A secure param's value at rest (plugin contract §5): NaCl box, base64. `Key` is the sender's one-time public key. */
export interface Sealed {
  readonly Key: string
  readonly Nonce: string
  readonly Payload: string
}

export const SEAL_KEY_BYTES = nacl.box.secretKeyLength

export function isSealed(value: unknown): value is Sealed {
  if (!isJsonObject(value) || Object.keys(value).length !== 3) return false
  return ['Key', 'Nonce', 'Payload'].every((name) => typeof value[name] === 'string')
}

/** Seals values so that only the holder of the 32-byte secret key reads them. */
export class Sealer {
  readonly #secretKey: Uint8Array
  readonly #publicKey: Uint8Array

  constructor(secretKey: Uint8Array) {
    this.#secretKey = secretKey
    this.#publicKey = nacl.box.keyPair.fromSecretKey(secretKey).publicKey
  }

  /** Says which key it is, and nothing of the secret. */
  get publicKey(): string {
    return base64(this.#publicKey)
  }

  seal(value: unknown): Sealed {
    const sender = nacl.box.keyPair()
    const nonce = nacl.randomBytes(nacl.box.nonceLength)
    const text = Buffer.from(JSON.stringify(value), 'utf8')
    const payload = nacl.box(text, nonce, this.#publicKey, sender.secretKey)
    return { Key: base64(sender.publicKey), Nonce: base64(nonce), Payload: base64(payload) }
  }

  /** Throws PARAM_INVALID where it was sealed for another key, or is not a sealed value at all. */
  open(sealed: Sealed, param: string): unknown {
    const [key, nonce, payload] = [sealed.Key, sealed.Nonce, sealed.Payload].map((text) => Buffer.from(text, 'base64'))
    const isWhole = key?.length === nacl.box.publicKeyLength && nonce?.length === nacl.box.nonceLength
    const text = isWhole && payload ? nacl.box.open(payload, nonce, key, this.#secretKey) : null
    if (text === null) {
      throw new PowerbusError('PARAM_INVALID', `${param} cannot be opened with this endpoint's key: set it anew`)
    }
    return JSON.parse(Buffer.from(text).toString('utf8'))
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
