import { createPrivateKey, createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject } from 'node:crypto'
import nacl from 'tweetnacl'

/** Bytes of an X25519 key, and the last ones of its DER form. RFC 8410. */
const KEY_LENGTH = 32
/** What comes before a secret key in its DER form. RFC 8410 §7. */
const PKCS8 = Buffer.from('302e020100300506032b656e04220420', 'hex')
/** HSalsa20 of 16 zero bytes under X25519's output is the key of a box (crypto_box_beforenm of NaCl). */
const ZEROS = new Uint8Array(16)
const SIGMA = new TextEncoder().encode('expand 32-byte k')

/** tweetnacl exports it, and its types do not say so. */
const { crypto_core_hsalsa20: hsalsa20 } = (
  nacl as unknown as {
    lowlevel: { crypto_core_hsalsa20(out: Uint8Array, input: Uint8Array, key: Uint8Array, constant: Uint8Array): void }
  }
).lowlevel

/** Key agreement of NaCl's box (curve25519xsalsa20poly1305) for one secret key, by OpenSSL's X25519. */
export class BoxKeys {
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  readonly #secret: KeyObject
  readonly #public: KeyObject

  /** `secretKey`: 32 bytes. */
  constructor(secretKey: Uint8Array) {
    this.#secret = createPrivateKey({ key: Buffer.concat([PKCS8, secretKey]), format: 'der', type: 'pkcs8' })
    this.#public = createPublicKey(this.#secret)
    this.publicKey = Uint8Array.from(this.#public.export({ format: 'der', type: 'spki' }).subarray(-KEY_LENGTH))
  }

  /** A sender's public key that is used once, and the message key that belongs to it. */
  forSealing(): { readonly senderKey: Uint8Array; readonly messageKey: Uint8Array } {
    const { publicKey, privateKey } = generateKeyPairSync('x25519')
    // DER: a JWK export of a generated key stops Node 20 for ever if the collector frees the pair's other key meanwhile.
    const senderKey = publicKey.export({ format: 'der', type: 'spki' }).subarray(-KEY_LENGTH)
    return { senderKey, messageKey: messageKeyOf(diffieHellman({ privateKey, publicKey: this.#public })) }
  }

  /** The message key for a sender's public key of 32 bytes; undefined for a key of low order, with which nothing is secret. */
  forOpening(senderKey: Uint8Array): Uint8Array | undefined {
    try {
      return messageKeyOf(diffieHellman({ privateKey: this.#secret, publicKey: publicKeyOf(senderKey) }))
    } catch {
      return undefined
    }
  }
}

/** A JWK is read in a tenth of the time of DER. */
function publicKeyOf(bytes: Uint8Array): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: base64url(bytes) }, format: 'jwk' })
}

function messageKeyOf(shared: Uint8Array): Uint8Array {
  const key = new Uint8Array(nacl.secretbox.keyLength)
  hsalsa20(key, ZEROS, shared, SIGMA)
  return key
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url')
}
