import { type AvailableAction, decodeAvailableAction } from '../available-action.ts'
import { DecodeError, type JsonObject } from '../field-reader.ts'
import { readAnswer } from './object-collection.ts'
import { apiPath, keySegment } from './path.ts'
import type { RequestOptions, Transport } from './transport.ts'

/** The actions of objects (§5). Every method throws DrpApiError. */
export class ActionCollection {
  readonly #transport: Transport

  constructor(transport: Transport) {
    this.#transport = transport
  }

  /** The actions that the object has the required params for. */
  async list(kind: string, key: string, options: RequestOptions = {}): Promise<readonly AvailableAction[]> {
    const path = apiPath(kind, keySegment(key), 'actions')
    const answer = await this.#transport.send({ ...options, method: 'GET', path })
    return readAnswer(
      'actions',
      (value) => {
        if (!Array.isArray(value)) throw new DecodeError('actions', 'an array', value)
        return value.map((member, index) => decodeAvailableAction(member, `actions[${index}]`))
      },
      answer,
    )
  }

  /**
   * Runs an action and gives its result. It is never sent twice: when the answer is lost (`unreachable`, `timeout`), whether it ran is
   * not known, unless `sent` of the error is false. Actions may take minutes: set `timeoutMs`.
   */
  async run(
    kind: string,
    key: string,
    command: string,
    params: JsonObject = {},
    options: RequestOptions = {},
  ): Promise<unknown> {
    const path = apiPath(kind, keySegment(key), 'actions', keySegment(command))
    return this.#transport.send({ ...options, method: 'POST', path, body: params })
  }
}
