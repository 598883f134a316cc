import { createHmac, timingSafeEqual } from 'node:crypto'
import { FieldReader } from '@powerbus/drp'

export interface Claims {
  /** `operator`: in the operator file of this run. `plugin`: given to a plugin, or got with a plugin's token. */
  readonly kind: 'user' | 'operator' | 'plugin'
  /** The user's or the plugin's name. */
  readonly name: string
  /** Revoking this id revokes the token. Empty in users' tokens of versions that kept no records. */
  readonly id: string
  /** Seconds since 1970; 0 for never. */
  readonly expiresAt: number
}

/** Tokens are claims with their HMAC-SHA256, so an endpoint can check them after a restart without storing them. */
export class TokenSigner {
  readonly #key: Buffer

  constructor(key: Buffer) {
    this.#key = key
  }

  sign(claims: Claims): string {
    const body = Buffer.from(JSON.stringify(claims), 'utf8').toString('base64url')
    return `${body}.${this.#code(body).toString('base64url')}`
  }

  /** The claims; undefined for a token that this key did not sign. The caller checks expiry and revocation. */
  verify(token: string): Claims | undefined {
    const [body, code, ...rest] = token.split('.')
    if (body === undefined || code === undefined || rest.length > 0) return undefined
    const given = Buffer.from(code, 'base64url')
    const expected = this.#code(body)
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
    const read = new FieldReader(JSON.parse(Buffer.from(body, 'base64url').toString('utf8')), 'Claims')
    const kind = read.string('kind')
    if (kind !== 'user' && kind !== 'operator' && kind !== 'plugin') return undefined
    return { kind, name: read.string('name'), id: read.string('id'), expiresAt: read.integer('expiresAt') }
  }

  #code(body: string): Buffer {
    return createHmac('sha256', this.#key).update(body).digest()
  }
}
