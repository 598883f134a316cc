import { DecodeError } from '../field-reader.ts'
import { decodeTokenInfo, type NewToken, type TokenInfo } from '../token-info.ts'
import { decodeUserToken, type UserToken } from '../user-token.ts'
import { readAnswer } from './object-collection.ts'
import { apiPath, keySegment } from './path.ts'
import type { RequestOptions, Transport } from './transport.ts'

/** The tokens of a Powerbus endpoint; others answer 404 or 405. */
export class TokenClient {
  readonly #transport: Transport

  constructor(transport: Transport) {
    this.#transport = transport
  }

  async list(options: RequestOptions = {}): Promise<readonly TokenInfo[]> {
    return readAnswer('tokens', decodeTokens, await this.#transport.send({ ...options, method: 'GET', path: 'tokens' }))
  }

  /** Makes a token for a script. */
  async make(body: NewToken, options: RequestOptions = {}): Promise<UserToken> {
    const answer = await this.#transport.send({ ...options, method: 'POST', path: 'tokens', body })
    return readAnswer('token', decodeUserToken, answer)
  }

  /** Revokes a token, by default the client's own, and all below it. Returns all of them. */
  async revoke(id = 'current', options: RequestOptions = {}): Promise<readonly TokenInfo[]> {
    const path = apiPath('tokens', keySegment(id))
    return readAnswer('tokens', decodeTokens, await this.#transport.send({ ...options, method: 'DELETE', path }))
  }
}

function decodeTokens(value: unknown): readonly TokenInfo[] {
  if (!Array.isArray(value)) throw new DecodeError('tokens', 'an array', value)
  return value.map((member) => decodeTokenInfo(member))
}
