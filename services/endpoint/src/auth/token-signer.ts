import { createHmac, timingSafeEqual } from 'node:crypto'
import { FieldReader } from '@powerbus/drp'

/** Who a token stands for. */
export interface Claims {
  /** `user`: from a login. `operator`: the file beside the state, for this run. `plugin`: a plugin's own. */
  readonly kind: 'user' | 'operator' | 'plugin'
  /** The user's or the plugin's name. */
  readonly name: string
  /** What is revoked to revoke the token; empty for users' tokens, which expire. */
  readonly id: string
  /** Seconds since 1970; 0 for never. */
  readonly expiresAt: number
}

/** Tokens are claims with an HMAC-SHA256 over them: nothing needs to be kept for one to be checked after a restart. */
export class TokenSigner {
  readonly #key: Buffer

  constructor(key: Buffer) {
    this.#key = key
  }

  sign(claims: Claims): string {
    const body = Buffer.from(JSON.stringify(claims), 'utf8').toString('base64url')
    return `${body}.${this.#code(body).toString('base64url')}`
  }

  /** The claims, or undefined for anything this key did not sign. Expiry and revocation are the caller's to check. */
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
